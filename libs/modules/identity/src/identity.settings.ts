import type { SigningKey } from '@tearline/auth';
import { numberSetting } from '@tearline/settings';
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
};

export type IdentitySettings = Omit<z.output<z.ZodObject<typeof settings>>, 'IDENTITY_SIGNING_KEY'> & {
  IDENTITY_SIGNING_KEY: SigningKey;
};

export const IDENTITY_SETTINGS = Symbol('identity settings');
