import { readVariable } from '@tearline/database';
import { SettingsError } from '@tearline/host';
import { manifests } from '@tearline/modules';

type Environment = Readonly<Record<string, string | undefined>>;

const OF_A_MODULE = ['DATABASE_URL', 'DATABASE_REPLICA_URLS', 'SIGNING_KEY', 'S3_SECRET_ACCESS_KEY'];

/**
 * Refuses to start with credentials of modules that run elsewhere: whoever breaks into this process finds them.
 * @throws SettingsError that names every one
 */
export function refuseForeignCredentials(modules: readonly string[], env: Environment): void {
  const foreign = manifests.filter(({ name }) => !modules.includes(name));
  const theirs = foreign.flatMap(({ name }) =>
    OF_A_MODULE.map((kind) => `${name.toUpperCase().replaceAll('-', '_')}_${kind}`),
  );
  const present = ['DATABASE_URL', ...theirs].filter((name) => env[name] || env[`${name}_FILE`]);
  // Where replicas are is no secret, unless the owner's password is told with it.
  if (/:\/\/[^/@]*@/.test(readVariable('DATABASE_REPLICA_URLS', env) ?? ''))
    present.push('DATABASE_REPLICA_URLS');
  if (present.length === 0) return;
  throw new SettingsError(
    present.map((name) =>
      name.startsWith('DATABASE_')
        ? `${name}: must not be here${name === 'DATABASE_URL' ? '' : ' with a password'}; the owner's credential is for migrations alone`
        : `${name}: must not be here; this host runs ${modules.join(', ')} and gets the credentials of no other module`,
    ),
  );
}
