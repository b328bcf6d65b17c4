import { GRAFANA_PROVISIONING } from '@tearline/monitoring';
import type { Topology } from '@tearline/topology';
import { alertmanagerOf, grafanaOf, prometheusOf, secretFile } from './names.js';
import { profileNames } from './profiles.js';

export const observeVolumes = ['alertmanager', 'grafana', 'nats', 'logs', 'spool'];
/** Folders of secrets of its services. */
export const observeAudiences = ['nats', 'logs'];
/** The services whose images are built. */
export const observeBuilds = ['nats', 'logs'];

/** Where hosts keep lines of the log that the stream has not taken: a volume that all of them mount. */
const SPOOL_DIR = '/var/lib/tearline/spool';

/** Returns the folder in `docker` with the dashboards of a topology. */
export const grafanaFolder = ({ name }: Topology) => `grafana/${name}`;

/** Returns the compose services that show the metrics of a topology, and pass its alerts on. */
export function observeServices(topology: Topology): Record<string, object> {
  const from = (service: string) => ({
    extends: { file: 'observe.yaml', service },
    profiles: profileNames({ observe: true }),
  });
  return {
    [alertmanagerOf(topology)]: from('alertmanager'),
    [grafanaOf(topology)]: {
      ...from('grafana'),
      volumes: [`./${grafanaFolder(topology)}:${GRAFANA_PROVISIONING}:ro`],
      depends_on: { [prometheusOf(topology)]: { condition: 'service_healthy' } },
    },
    nats: { ...from('nats'), depends_on: { secrets: { condition: 'service_completed_successfully' } } },
    // It connects again by itself.
    logs: { ...from('logs'), depends_on: { nats: { condition: 'service_started' } } },
  };
}

/** What a host gets to send its log to the stream. */
export const logStreamOf = {
  environment: { LOGS_URL_FILE: secretFile('hosts', 'logs-url'), LOGS_SPOOL_DIR: SPOOL_DIR },
  volumes: [`spool:${SPOOL_DIR}`],
  networks: { logs: {} },
};
