import { manifests } from '@tearline/modules';
import { nginxConfig, type Topology } from '@tearline/topology';
import { HTTP_PORT, serviceOf } from './names.js';

const hostsOf = ({ hosts }: Topology) => hosts.filter(({ serve }) => serve.includes('http'));

/** The nginx in front of a topology, as a compose service. */
export function nginxService(topology: Topology): object {
  return {
    extends: { file: 'services.yaml', service: 'nginx' },
    volumes: [`./nginx/${topology.name}.conf:/etc/tearline/nginx.conf:ro`],
    depends_on: Object.fromEntries(
      hostsOf(topology).map(({ name }) => [serviceOf(topology, name), { condition: 'service_healthy' }]),
    ),
  };
}

/** Its configuration, in which hosts are called by the names of their services; `nginx/run.sh` puts addresses in. */
export function nginxFile(topology: Topology): string {
  const addressesOf = (host: string) => {
    const address = `${serviceOf(topology, host)}:${HTTP_PORT}`;
    // Written as for several replicas; how many a name stands for shows when it is asked.
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
