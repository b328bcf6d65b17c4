import type { SigningKey } from '@tearline/auth';
import { numberSetting, oneOfSetting } from '@tearline/settings';
import { z } from 'zod';

const count = numberSetting(1, 9_999_999);

export const settings = {
  IDENTITY_SIGNING_KEY: z.string({ error: 'expected a private key, a JWK' }).meta({
    description: 'private key that signs tokens, a JWK; `AUTH_JWKS` has its public half',
    defaultText: 'generated in development',
    secret: true,
    assigned: true,
  }),
  TOKEN_TTL_DAYS: count.default(60).meta({ description: 'days for which a token is valid' }),
  LOGIN_FAILURES_PER_MINUTE: count.default(10).meta({
    description:
      'failed logins to one account from one address in a minute; to all accounts from one address a hundred times as many',
  }),
  REGISTRATIONS_PER_MINUTE: count
    .default(300)
    .meta({ description: 'attempts to register from one address in a minute' }),
  SESSIONS: oneOfSetting('redis', 'postgres', 'memory').optional().meta({
    description:
      'where [sessions](sessions.md) are: `redis`, `postgres`, or in the `memory` of one process, which production refuses',
    defaultText: '`redis` with `REDIS_URL`, else `postgres`',
  }),
  SESSION_TTL_DAYS: numberSetting(1, 365)
    .default(30)
    .meta({ description: 'days after which a session ends, used or not' }),
  SESSION_IDLE_MINUTES: numberSetting(1, 525_600)
    .default(10_080)
    .meta({ description: 'minutes without a request after which a session ends' }),
  SESSIONS_PER_USER: numberSetting(1, 100)
    .default(20)
    .meta({ description: 'sessions that a user may have at once; a further one ends the oldest' }),
};

export type IdentitySettings = Omit<z.output<z.ZodObject<typeof settings>>, 'IDENTITY_SIGNING_KEY'> & {
  IDENTITY_SIGNING_KEY: SigningKey;
};

export const IDENTITY_SETTINGS = Symbol('identity settings');

/** Returns when sessions end, in milliseconds. */
export const lifetimesOf = ({
  SESSION_TTL_DAYS: days,
  SESSION_IDLE_MINUTES: minutes,
}: Pick<IdentitySettings, 'SESSION_TTL_DAYS' | 'SESSION_IDLE_MINUTES'>) => ({
  absolute: days * 86_400_000,
  idle: minutes * 60_000,
});
