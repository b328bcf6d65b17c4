import { databaseSettings, ownerSettings } from '@tearline/database';
import { manifests } from '@tearline/modules';
import { settingsOfModule } from '@tearline/composition';
import { type Environment, isSet, readSettings, SettingsError } from '@tearline/settings';

/**
 * Refuses to start with the owner's credential or secrets of modules that run elsewhere: an attacker who breaks into
 * this process would find them.
 * @throws SettingsError that names every one
 */
export function refuseForeignCredentials(modules: readonly string[], env: Environment): void {
  const foreign = manifests
    .filter(({ name }) => !modules.includes(name))
    .flatMap(settingsOfModule)
    .filter(({ name, secret }) => secret && isSet(name, env));
  const problems = foreign.map(
    ({ name }) => `${name}: expected no value, because this host runs ${modules.join(', ')} alone`,
  );
  const owners = "expected no value, because the owner's credential is for migrations alone";
  for (const name of Object.keys(ownerSettings)) if (isSet(name, env)) problems.push(`${name}: ${owners}`);
  const { DATABASE_REPLICA_URLS } = databaseSettings;
  const { DATABASE_REPLICA_URLS: replicas = [] } = readSettings({ DATABASE_REPLICA_URLS }, env);
  // Every host may know the addresses, and none the owner's password.
  if (replicas.map((url) => new URL(url)).some(({ username, password }) => username || password))
    problems.push(
      `DATABASE_REPLICA_URLS: expected URLs without a password: ${owners.slice('expected no value, because '.length)}`,
    );
  if (problems.length > 0) throw new SettingsError(problems);
}
