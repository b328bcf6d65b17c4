import 'reflect-metadata';
import { checkEnvironment, composeHost, runProgram, serviceSettings } from '@tearline/composition';
import { lowerPriority, runHost } from '@tearline/host';
import { readSettings, SettingsError } from '@tearline/settings';
import { authority, declaredEvents, manifests, moduleNames } from '@tearline/modules';
import { refuseForeignCredentials } from './credentials.js';
import { ownAddress } from './own-address.js';
import { remoteHosts } from './remotes.js';

runProgram(async () => {
  const { env } = process;
  checkEnvironment(manifests, env);
  const settings = readSettings(serviceSettings(moduleNames), env);
  const {
    HOST_MODULES: names,
    HOST_ROLES: roles,
    RPC_PORT: port,
    RPC_HOST: name,
    RPC_SECRET: secret,
  } = settings;
  refuseForeignCredentials(names, env);
  if (roles.every((role) => role === 'jobs')) lowerPriority(process.pid, 10);
  const modules = manifests.filter(({ name }) => names.includes(name));
  const remote = remoteHosts(modules, env);
  const isTalking = remote.length > 0 || port !== undefined;
  if (isTalking && secret === undefined)
    throw new SettingsError(['RPC_SECRET: expected a secret, because this host calls others or is called']);
  if (port !== undefined && !roles.includes('rpc'))
    throw new SettingsError([
      `RPC_PORT: expected no value, because HOST_ROLES=${roles.join(',')} has no rpc`,
    ]);
  const composed = await composeHost({
    settings,
    env,
    modules,
    manifests,
    declaredEvents,
    authority,
    isWorker: roles.includes('jobs'),
    // Without Redis a host cannot see the writes that its callers made through other hosts, and would serve them stale values.
    defaultCacheMode: settings.REDIS_URL ? 'on' : 'off',
  });
  await runHost({
    ...composed,
    remote,
    ...(secret !== undefined && { credential: { secret, deployment: composed.deployment } }),
    ...(port !== undefined && { server: { port, ...(name && { host: await ownAddress(name) }) } }),
  });
});
