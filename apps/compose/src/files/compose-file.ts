import { moduleNames } from '@tearline/modules';
import type { Environment } from '@tearline/settings';
import type { Topology } from '@tearline/topology';
import { databaseIsThere, databaseNames, databaseServices, databaseVolumes } from './database-services.js';
import { evidenceVolume, hostService, leavesEvidence, urlFiles } from './host-service.js';
import {
  nginxOf,
  prometheusOf,
  secretFile,
  secretsMount,
  secretsVolume,
  serviceOf,
  varnishOf,
} from './names.js';
import { nginxService } from './nginx-service.js';
import type { Profiles } from './profiles.js';
import { observeAudiences, observeServices, observeVolumes } from './observe-services.js';
import { prometheusService } from './prometheus-file.js';
import { varnishService } from './varnish-service.js';

/** The users of the images: of the hosts, and of the servers. */
const owners = ({ ha }: Profiles) => ['1000', 'postgres=999', ...(ha ? ['patroni=999'] : []), 'redis=999'];
const audiences = ({ ha, observe }: Profiles) => [
  'postgres',
  ...(ha ? ['patroni'] : []),
  'redis',
  'migrate',
  'hosts',
  'operator',
  'cdn',
  ...(observe ? observeAudiences : []),
  ...moduleNames,
];
const from = (service: string) => ({ extends: { file: 'services.yaml', service } });
const secretsMade = { secrets: { condition: 'service_completed_successfully' } };

/** Returns the compose file of a topology. */
export function composeFile(topology: Topology, env: Environment, profiles: Profiles): object {
  return {
    services: { ...servers(profiles), ...servicesOf(topology, env, profiles) },
    networks: {
      // Between nginx and the hosts.
      edge: {},
      // Calls between hosts.
      app: { internal: true },
      data: { internal: true },
      // From the hosts to the edge cache.
      ...(profiles.cdn && { purge: { internal: true } }),
      // Between the members under Patroni, and to etcd.
      ...(profiles.ha && { ha: { internal: true } }),
      // Of Prometheus, Alertmanager and Grafana. Alerts go out of it.
      // And between the hosts, NATS and the store of the log.
      ...(profiles.observe && { observe: {}, logs: { internal: true } }),
    },
    volumes: Object.fromEntries(
      [
        ...databaseVolumes(profiles),
        'redis',
        'prometheus',
        'media',
        ...topology.hosts.filter(leavesEvidence).map((host) => evidenceVolume(topology, host)),
        ...(profiles.observe ? observeVolumes : []),
        ...audiences(profiles).map(secretsVolume),
      ].map((name) => [name, {}]),
    ),
  };
}

function servicesOf(topology: Topology, env: Environment, profiles: Profiles): Record<string, object> {
  return {
    [nginxOf(topology)]: nginxService(topology, env),
    ...(profiles.cdn && { [varnishOf(topology)]: varnishService(topology) }),
    [prometheusOf(topology)]: prometheusService(topology, profiles),
    ...(profiles.observe && observeServices(topology)),
    ...Object.fromEntries(
      topology.hosts.map((host) => [
        serviceOf(topology, host.name),
        hostService(topology, host, env, profiles),
      ]),
    ),
  };
}

/** Services that every topology needs. */
function servers(profiles: Profiles): Record<string, object> {
  const { servers: databases, urlFile } = databaseNames(profiles);
  return {
    secrets: {
      ...from('cli'),
      command: [
        'node',
        'main.js',
        'secrets',
        '--into',
        '/run/secrets',
        ...owners(profiles).flatMap((owner) => ['--owner', owner]),
        ...(profiles.ha ? ['--ha', `${databases.join()}/tearline`] : []),
      ],
      // A new volume belongs to root, who gives it to the user that reads it.
      user: 'root',
      cap_add: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'],
      network_mode: 'none',
      volumes: audiences(profiles).map((audience) => secretsMount(audience).replace(/:ro$/, '')),
    },
    ...databaseServices(profiles),
    redis: { ...from('redis'), depends_on: secretsMade },
    migrate: {
      ...from('cli'),
      command: ['node', 'main.js', 'migrate'],
      environment: {
        DATABASE_URL_FILE: secretFile('migrate', urlFile),
        REDIS_URL_FILE: secretFile('hosts', 'redis-url'),
        ...urlFiles(moduleNames, profiles),
      },
      volumes: ['migrate', 'hosts', ...moduleNames].map(secretsMount),
      networks: ['data'],
      depends_on: databaseIsThere(profiles),
    },
  };
}
