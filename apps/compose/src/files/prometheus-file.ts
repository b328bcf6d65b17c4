import type { Topology } from '@tearline/topology';
import { stringify } from 'yaml';
import { HTTP_PORT, serviceOf } from './names.js';

/** Who asks the hosts of a topology for their metrics, as a compose service. */
export function prometheusService({ name }: Topology): object {
  return {
    extends: { file: 'services.yaml', service: 'prometheus' },
    profiles: [name],
    volumes: [`./prometheus/${name}.yaml:/etc/prometheus/prometheus.yml:ro`],
  };
}

/** What it asks: every replica of every host, under the host's name. */
export function prometheusFile(topology: Topology): string {
  const names = topology.hosts.map(({ name }) => serviceOf(topology, name));
  const file = {
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
  return `# Made from topologies/${topology.name}.yaml by \`npm run compose -- generate\`.\n${stringify(file, { lineWidth: 0 })}`;
}
