import { prometheusConfig } from '@tearline/monitoring';
import type { Topology } from '@tearline/topology';
import { alertmanagerOf, HTTP_PORT, serviceOf } from './names.js';
import type { Profiles } from './profiles.js';

/** Where Prometheus finds its rules in its container. */
const RULES = '/etc/prometheus/rules.yaml';

/** Returns the paths in `docker` of its configuration and of its rules. */
export const prometheusFileName = ({ name }: Topology) => `prometheus/${name}.yaml`;
export const rulesFileName = ({ name }: Topology) => `prometheus/${name}.rules.yaml`;

/** Returns the compose service of Prometheus, which scrapes the hosts of a topology. */
export function prometheusService(topology: Topology, { observe }: Profiles): object {
  return {
    extends: { file: 'services.yaml', service: 'prometheus' },
    volumes: [
      `./${prometheusFileName(topology)}:/etc/prometheus/prometheus.yml:ro`,
      `./${rulesFileName(topology)}:${RULES}:ro`,
    ],
    ...(observe && { networks: ['app', 'observe'] }),
  };
}

/** Returns its configuration: every replica of every host, under the host's name. */
export function prometheusFile(topology: Topology, { observe }: Profiles): object {
  const names = topology.hosts.map(({ name }) => serviceOf(topology, name));
  return prometheusConfig({
    hosts: {
      dns_sd_configs: [{ names, type: 'A', port: HTTP_PORT, refresh_interval: '5s' }],
      relabel_configs: [
        { source_labels: ['__meta_dns_name'], regex: `${topology.name}-(.+)`, target_label: 'host' },
      ],
    },
    rules: RULES,
    ...(observe && { alertmanager: `${alertmanagerOf(topology)}:9093` }),
  });
}
