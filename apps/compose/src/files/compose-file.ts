import { moduleNames } from '@tearline/modules';
import type { Topology } from '@tearline/topology';
import { hostService, urlFiles } from './host-service.js';
import { nginxOf, prometheusOf, secretFile, secretsMount, secretsVolume, serviceOf } from './names.js';
import { nginxService } from './nginx-service.js';
import { prometheusService } from './prometheus-file.js';

const audiences = ['postgres', 'redis', 'migrate', 'hosts', 'operator', ...moduleNames];
const from = (service: string) => ({ extends: { file: 'services.yaml', service } });
const secretsMade = { secrets: { condition: 'service_completed_successfully' } };

/** Returns the compose file of a topology. */
export function composeFile(topology: Topology): object {
  return {
    services: { ...servers(), ...servicesOf(topology) },
    networks: {
      // Between nginx and the hosts.
      edge: {},
      // Calls between hosts.
      app: { internal: true },
      data: { internal: true },
    },
    volumes: Object.fromEntries(
      ['postgres', 'postgres-replica', 'redis', 'prometheus', 'media', ...audiences.map(secretsVolume)].map(
        (name) => [name, {}],
      ),
    ),
  };
}

function servicesOf(topology: Topology): Record<string, object> {
  return {
    [nginxOf(topology)]: nginxService(topology),
    [prometheusOf(topology)]: prometheusService(topology),
    ...Object.fromEntries(
      topology.hosts.map((host) => [serviceOf(topology, host.name), hostService(topology, host)]),
    ),
  };
}

/** Services that every topology needs. */
function servers(): Record<string, object> {
  return {
    secrets: {
      ...from('cli'),
      command: ['node', 'main.js', 'secrets', '--into', '/run/secrets'],
      // A new volume belongs to root.
      user: 'root',
      network_mode: 'none',
      volumes: audiences.map((audience) => secretsMount(audience).replace(/:ro$/, '')),
    },
    postgres: { ...from('postgres'), depends_on: secretsMade },
    'postgres-replica': {
      ...from('postgres-replica'),
      depends_on: { postgres: { condition: 'service_healthy' } },
    },
    redis: { ...from('redis'), depends_on: secretsMade },
    migrate: {
      ...from('cli'),
      command: ['node', 'main.js', 'migrate'],
      environment: {
        DATABASE_URL_FILE: secretFile('migrate', 'database-url'),
        REDIS_URL_FILE: secretFile('hosts', 'redis-url'),
        ...urlFiles(moduleNames),
      },
      volumes: ['migrate', 'hosts', ...moduleNames].map(secretsMount),
      networks: ['data'],
      depends_on: { postgres: { condition: 'service_healthy' } },
    },
  };
}
