import { readVariable } from '@tearline/database';
import { manifests } from '@tearline/modules';
import { settingsOfModule } from '@tearline/composition';
import { SettingsError } from '@tearline/settings';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Refuses to start with the owner's credential or secrets of modules that run elsewhere: an attacker who breaks into
 * this process would find them.
 * @throws SettingsError that names every one
 */
export function refuseForeignCredentials(modules: readonly string[], env: Environment): void {
  const isSet = (name: string) => Boolean(env[name] || env[`${name}_FILE`]);
  const foreign = manifests
    .filter(({ name }) => !modules.includes(name))
    .flatMap(settingsOfModule)
    .filter(({ name, secret }) => secret && isSet(name));
  const problems = foreign.map(
    ({ name }) => `${name}: expected no value, because this host runs ${modules.join(', ')} alone`,
  );
  const owners = "expected no value, because the owner's credential is for migrations alone";
  if (isSet('DATABASE_URL')) problems.push(`DATABASE_URL: ${owners}`);
  // The addresses of the replicas are no secret, but the owner's password is.
  if (/:\/\/[^/@]*@/.test(readVariable('DATABASE_REPLICA_URLS', env) ?? ''))
    problems.push(
      `DATABASE_REPLICA_URLS: expected URLs without a password: ${owners.slice('expected no value, because '.length)}`,
    );
  if (problems.length > 0) throw new SettingsError(problems);
}
