import { manifests } from '@tearline/modules';
import { edgeLimits } from '@tearline/composition';
import type { Environment } from '@tearline/settings';
import { edgeCapacity, nginxConfig, type Topology } from '@tearline/topology';
import { gracePeriod } from './host-service.js';
import { HTTP_PORT, serviceOf, varnishOf } from './names.js';

/** As `docker/services.yaml` has them. */
const CORES = 2;
const OPEN_FILES = 16_384;

/** The limits of the hosts, and what the container has for them. */
const machine = (topology: Topology, env: Environment) => ({
  topology,
  limits: edgeLimits(env, manifests),
  cores: CORES,
  openFiles: OPEN_FILES,
});

const hostsOf = ({ hosts }: Topology) => hosts.filter(({ serve }) => serve.includes('http'));

/** Returns the compose service of nginx. */
export function nginxService(topology: Topology, env: Environment): object {
  return {
    extends: { file: 'services.yaml', service: 'nginx' },
    stop_grace_period: gracePeriod(env),
    mem_limit: `${Math.ceil(edgeCapacity(machine(topology, env)).memory / 1_048_576)}m`,
    volumes: [`./nginx/${topology.name}.conf:/etc/tearline/nginx.conf:ro`],
    depends_on: Object.fromEntries(
      hostsOf(topology).map(({ name }) => [serviceOf(topology, name), { condition: 'service_healthy' }]),
    ),
  };
}

/**
 * Returns nginx's configuration with the names of services in place of addresses; `nginx/run.sh` replaces them.
 * @param cdn whether an edge cache is in front, whose address it trusts
 */
export function nginxFile(topology: Topology, env: Environment, cdn: boolean): string {
  const { limits, ...container } = machine(topology, env);
  const trustedProxies = [...limits.trustedProxies, ...(cdn ? [`${varnishOf(topology)}/32`] : [])];
  const addressesOf = (host: string) => {
    const address = `${serviceOf(topology, host)}:${HTTP_PORT}`;
    // As for several replicas: their number is not known before the name is resolved.
    return [address, address];
  };
  return nginxConfig({
    manifests,
    addresses: Object.fromEntries(hostsOf(topology).map(({ name }) => [name, addressesOf(name)])),
    listen: `${HTTP_PORT}`,
    ...container,
    limits: { ...limits, trustedProxies },
    reusePort: true,
  });
}
