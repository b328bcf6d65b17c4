/** Settings of every host that the environment of `docker compose` may set. */
const OF_ALL = [
  'LOG_LEVEL',
  'SEAM_CHECKED',
  'REQUEST_TIMEOUT_MS',
  'DATABASE_CONNECTIONS',
  'CONSISTENCY',
  'REPLICA_MAX_LAG_MS',
  'EVENTS_CONCURRENCY',
  'CACHE',
  'CACHE_MIB',
];

/** Those of one module. */
const OF_A_MODULE: Readonly<Record<string, readonly string[]>> = {
  identity: ['REGISTRATIONS_PER_MINUTE', 'LOGIN_FAILURES_PER_MINUTE', 'TOKEN_TTL_DAYS'],
  notifications: ['SMTP_URL', 'MAIL_FROM', 'MAIL_DELAY_SECONDS', 'MAILS_PER_HOUR'],
  media: [
    'MEDIA_UPLOADS_PER_MINUTE',
    'MEDIA_VARIANTS_AT_ONCE',
    'MEDIA_SWEEP_SECONDS',
    'MEDIA_UNUSED_SECONDS',
  ],
};

/** What a host of these modules takes over; a setting that is empty counts as absent. */
export function settingsPassedOn(modules: readonly string[]): Record<string, string> {
  const names = [...OF_ALL, ...modules.flatMap((module) => OF_A_MODULE[module] ?? [])];
  return Object.fromEntries(names.map((name) => [name, `\${${name}:-}`]));
}
