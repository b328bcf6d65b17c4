import { hostSettings } from '@tearline/host';
import type { ModuleManifest } from '@tearline/seam';
import { type Environment, networksOf, readSettings } from '@tearline/settings';
import type { EdgeLimits } from '@tearline/topology';
import { declaredSettings } from './declared-settings.js';

const { BODY_LIMIT, REQUEST_TIMEOUT_MS, SHUTDOWN_TIMEOUT_MS, CONNECTIONS_PER_ADDRESS, TRUST_PROXY } =
  hostSettings;

const shape = {
  BODY_LIMIT,
  REQUEST_TIMEOUT_MS,
  SHUTDOWN_TIMEOUT_MS,
  CONNECTIONS_PER_ADDRESS,
  TRUST_PROXY: TRUST_PROXY.refine((value) => !/^\d$/.test(value), {
    error: 'expected off, or the addresses and networks of the proxies in front of nginx',
  }),
};

/**
 * Returns the limits of nginx in front of hosts that get their settings from this environment. `TRUST_PROXY` names the proxies in
 * front of nginx: the hosts themselves trust nginx.
 * @throws SettingsError that names every wrong variable
 */
export function edgeLimits(env: Environment, manifests: readonly ModuleManifest[]): EdgeLimits {
  const values = readSettings(shape, env);
  const modules = manifests.flatMap((manifest) =>
    manifest.limits
      ? [[manifest.name, manifest.limits(readSettings(declaredSettings(manifest), env))] as const]
      : [],
  );
  return {
    bodyLimit: values.BODY_LIMIT,
    requestTimeout: values.REQUEST_TIMEOUT_MS,
    shutdownTimeout: values.SHUTDOWN_TIMEOUT_MS,
    connectionsPerAddress: values.CONNECTIONS_PER_ADDRESS,
    trustedProxies: networksOf(values.TRUST_PROXY) ?? [],
    modules: Object.fromEntries(modules),
  };
}
