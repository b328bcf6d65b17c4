/** Guesses passwords at several processes at once: `npm run bench:login-attack`. */
import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { count, note, npmScript, runCommand } from '../kit/command.js';
import { readMetric, sumSamples } from '../kit/metrics.js';
import { startRedis } from '../kit/redis.js';
import { tableOfColumns, verdict } from '../kit/report/markdown.js';
import { subfolder } from '../kit/temporary-dir.js';
import { Bench, SERVICE } from './bench.js';

interface Options {
  readonly processes: number;
  readonly attempts: number;
  readonly failures: number;
}

/** Requests in parallel, by how they ended. */
interface Outcome {
  readonly attempts: number;
  /** A password was checked. */
  readonly made: number;
  readonly refused: number;
  readonly seconds: number;
  /** Attempts that a process counted by itself. */
  readonly unshared: number;
}

interface Finding {
  readonly counters: string;
  readonly attack: string;
  readonly one: Outcome;
  readonly all: Outcome;
}

const command = npmScript(
  'bench:login-attack',
  'Guesses passwords at one process of identity, and then at several at once, all requests in parallel: for one account, and for ' +
    'many accounts from one address. Prints how many passwords were checked, with the counters in PostgreSQL and, where ' +
    'redis-server is in PATH, in Redis. Takes about two minutes.',
)
  .option('--processes <n>', 'processes of identity', count, 10)
  .option('--attempts <n>', 'parallel attempts at each process, for one account', count, 100)
  .option('--failures <n>', 'LOGIN_FAILURES_PER_MINUTE', count, 2);

async function run(options: Options, cleanup: AsyncDisposableStack): Promise<void> {
  const { processes, failures, attempts } = options;
  const bench = await Bench.open(cleanup, { isSeeded: false, maxConnections: 20 * processes + 50 });
  const attacks = [
    { attack: 'one account', each: attempts, email: () => 'user@example.com' },
    // From one address a hundred times as many failures are allowed: at all processes together one and a half times that.
    {
      attack: 'many accounts',
      each: Math.ceil((150 * failures) / processes),
      email: (attempt: number) => `user-${attempt}@example.com`,
    },
  ];
  const findings: Finding[] = [];
  for (const counters of hasRedis() ? ['PostgreSQL', 'Redis'] : ['PostgreSQL']) {
    const urls = await startProcesses(bench, counters, options, cleanup);
    for (const { attack, each, email } of attacks) {
      note(`counters in ${counters}: ${attack}`);
      const one = await attackOn(urls.slice(0, 1), each * processes, email);
      const all = await attackOn(urls, each, email);
      findings.push({ counters, attack, one, all });
    }
  }
  const limits = `${failures} failed logins to one account, ${100 * failures} to all from one address in a minute`;
  bench.print(`${processes} processes of identity; ${limits}`, figures(findings));
  if (!findings.every(isHeld)) process.exitCode = 1;
}

async function startProcesses(
  bench: Bench,
  counters: string,
  { processes, failures }: Options,
  cleanup: AsyncDisposableStack,
): Promise<string[]> {
  note(`starting ${processes} processes`);
  const redis =
    counters === 'Redis' ? await startRedis(await subfolder(bench.dir, 'redis'), cleanup) : undefined;
  const env = {
    HOST_MODULES: 'identity',
    // Events and jobs of others are not measured.
    HOST_ROLES: 'http',
    TRUST_PROXY: 'loopback',
    LOGIN_FAILURES_PER_MINUTE: `${failures}`,
    // Every password that the limits allow is checked, however long they wait for a core.
    REQUEST_TIMEOUT_MS: '120000',
    DATABASE_CONNECTIONS: '5',
    ...(redis && { REDIS_URL: redis.url, QUEUES_DATABASE_URL: '' }),
  };
  const urls: string[] = [];
  for (let number = 1; number <= processes; number += 1) {
    const name = `${counters}-${number}`;
    urls.push((await bench.startHost({ name, entry: SERVICE, modules: ['identity'], env })).url);
  }
  return urls;
}

let attackers = 0;

async function attackOn(
  urls: readonly string[],
  each: number,
  email: (attempt: number) => string,
): Promise<Outcome> {
  attackers += 1;
  // Each attacker has an address of its own.
  const address = `203.0.113.${attackers}`;
  const started = performance.now();
  const unsharedBefore = await unsharedAttempts(urls);
  const attempt = async (url: string, number: number): Promise<number> => {
    const { status, body } = await fetch(`${url}/api/users/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
      body: JSON.stringify({ user: { email: email(number), password: 'a guess' } }),
    });
    await body?.cancel();
    if (status !== BUSY) return status;
    await delay(100);
    return attempt(url, number);
  };
  const statuses = await Promise.all(
    Array.from({ length: each }, (_, turn) =>
      urls.map((url, index) => attempt(url, turn * urls.length + index)),
    ).flat(),
  );
  const counted = (wanted: number) => statuses.filter((status) => status === wanted).length;
  const seconds = (performance.now() - started) / 1_000;
  const unshared = (await unsharedAttempts(urls)) - unsharedBefore;
  return { attempts: statuses.length, made: counted(401), refused: counted(429), seconds, unshared };
}

const hasRedis = () => spawnSync('redis-server', ['--version']).status === 0;
const unsharedAttempts = async (urls: readonly string[]) =>
  sumSamples((await Promise.all(urls.map((url) => readMetric(url, 'attempts_unshared_total')))).flat());

/** Of a process whose queue of passwords is full. */
const BUSY = 503;
/** Then the limits begin anew. */
const WINDOW_SECONDS = 60;

const isAnswered = ({ attempts, made, refused }: Outcome) => made + refused === attempts;
const isInTime = ({ one, all }: Finding) => Math.max(one.seconds, all.seconds) < WINDOW_SECONDS;
const isHeld = (finding: Finding) =>
  finding.all.made === finding.one.made &&
  isAnswered(finding.one) &&
  isAnswered(finding.all) &&
  isInTime(finding);

const figures = (findings: readonly Finding[]) =>
  tableOfColumns(
    [
      ['attack', ({ attack }) => attack],
      ['counters', ({ counters }) => counters],
      ['attempts', ({ all }) => `${all.attempts}`],
      ['checked by one process', ({ one }) => `${one.made}`],
      ['checked by all processes', ({ all }) => `${all.made}`],
      ['refused by all', ({ all }) => `${all.refused}`],
      ['other responses', ({ one, all }) => `${[one, all].filter((each) => !isAnswered(each)).length}`],
      ['counted by one process alone', ({ all }) => `${all.unshared}`],
      ['seconds', ({ one, all }) => `${one.seconds.toFixed(1)}, ${all.seconds.toFixed(1)}`],
      ['as many as one', (finding) => (isInTime(finding) ? verdict(isHeld(finding)) : 'too slow to tell')],
    ],
    findings,
  );

await runCommand(command, run);
