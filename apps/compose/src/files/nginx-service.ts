import { manifests } from '@tearline/modules';
import { nginxConfig, type Topology } from '@tearline/topology';
import { HTTP_PORT, serviceOf } from './names.js';

const hostsOf = ({ hosts }: Topology) => hosts.filter(({ serve }) => serve.includes('http'));

/** Returns the compose service of nginx. */
export function nginxService(topology: Topology): object {
  return {
    extends: { file: 'services.yaml', service: 'nginx' },
    volumes: [`./nginx/${topology.name}.conf:/etc/tearline/nginx.conf:ro`],
    depends_on: Object.fromEntries(
      hostsOf(topology).map(({ name }) => [serviceOf(topology, name), { condition: 'service_healthy' }]),
    ),
  };
}

/** Returns nginx's configuration with the names of services in place of addresses; `nginx/run.sh` replaces them. */
export function nginxFile(topology: Topology): string {
  const addressesOf = (host: string) => {
    const address = `${serviceOf(topology, host)}:${HTTP_PORT}`;
    // As for several replicas: their number is not known before the name is resolved.
    return [address, address];
  };
  return nginxConfig({
    topology,
    manifests,
    addresses: Object.fromEntries(hostsOf(topology).map(({ name }) => [name, addressesOf(name)])),
    listen: `${HTTP_PORT}`,
    workers: 2,
  });
}
