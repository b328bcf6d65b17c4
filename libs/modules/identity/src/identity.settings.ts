import { signingKeySetting } from '@tearline/auth';
import { countSetting, readSettings } from '@tearline/host';
import type { z } from 'zod';

const count = countSetting(1, 9_999_999);

/** The environment variables of the module. */
const shape = {
  /** The private key (a JWK) that signs tokens; `AUTH_JWKS` of every host has its public key. */
  IDENTITY_SIGNING_KEY: signingKeySetting,
  TOKEN_TTL_DAYS: count.default(60),
  /** Failed logins to one account from one address; a hundred times as many to all accounts from one address. */
  LOGIN_FAILURES_PER_MINUTE: count.default(10),
  /** Registrations per minute from one address. */
  REGISTRATIONS_PER_MINUTE: count.default(300),
};

export type IdentitySettings = z.output<z.ZodObject<typeof shape>>;

export const IDENTITY_SETTINGS = Symbol('identity settings');

/** @throws SettingsError that names every wrong variable */
export function identitySettings(): IdentitySettings {
  return readSettings(shape, process.env);
}
