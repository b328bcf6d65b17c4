import { generateSigningKey, type Jwks, jwksSetting, publicKeysOf } from '@tearline/auth';
import { script } from '@tearline/process';
import { type Environment, readSettings } from '@tearline/settings';
import type { CliContext } from './context.js';

export const keysCommand = ({ env, ...output }: CliContext) =>
  script('keys', output)
    .summary('creates a key to sign tokens with')
    .description(
      `Prints a new IDENTITY_SIGNING_KEY, which only the host of identity may know, and the AUTH_JWKS that every host checks
tokens with, as lines of an .env file. Run it as npm run --silent keys.`,
    )
    .option(
      '--rotate',
      `keeps the newest key of the AUTH_JWKS in the environment beside the new one, so that tokens signed with it stay \
valid. Give every host the new AUTH_JWKS first, then identity the new IDENTITY_SIGNING_KEY; remove the old key when \
the old tokens have expired`,
    )
    .action(async ({ rotate }: { rotate?: true }) => {
      const old = rotate ? newestOf(env) : [];
      const key = await generateSigningKey();
      const jwks: Jwks = { keys: [...publicKeysOf(key).keys, ...old] };
      output.print(`IDENTITY_SIGNING_KEY='${JSON.stringify(key)}'\nAUTH_JWKS='${JSON.stringify(jwks)}'\n`);
    });

/** A new key is always put first. */
function newestOf(env: Environment): Jwks['keys'] {
  return readSettings({ AUTH_JWKS: jwksSetting }, env).AUTH_JWKS.keys.slice(0, 1);
}
