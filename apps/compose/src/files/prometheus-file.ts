import type { Topology } from '@tearline/topology';
import { HTTP_PORT, serviceOf } from './names.js';

/** Returns the compose service of Prometheus, which scrapes the hosts of a topology. */
export function prometheusService({ name }: Topology): object {
  return {
    extends: { file: 'services.yaml', service: 'prometheus' },
    volumes: [`./prometheus/${name}.yaml:/etc/prometheus/prometheus.yml:ro`],
  };
}

/** Returns its configuration: every replica of every host, under the host's name. */
export function prometheusFile(topology: Topology): object {
  const names = topology.hosts.map(({ name }) => serviceOf(topology, name));
  return {
    global: { scrape_interval: '5s', scrape_timeout: '4s' },
    scrape_configs: [
      {
        job_name: 'hosts',
        dns_sd_configs: [{ names, type: 'A', port: HTTP_PORT, refresh_interval: '5s' }],
        relabel_configs: [
          { source_labels: ['__meta_dns_name'], regex: `${topology.name}-(.+)`, target_label: 'host' },
        ],
      },
    ],
  };
}
