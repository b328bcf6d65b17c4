import { moduleNames } from '@tearline/modules';
import type { Topology } from '@tearline/topology';
import { Document, isMap, isPair, isScalar, visit } from 'yaml';
import { hostService, urlFiles } from './host-service.js';
import { nginxOf, prometheusOf, secretFile, secretsMount, secretsVolume, serviceOf } from './names.js';
import { nginxService } from './nginx-service.js';
import { prometheusService } from './prometheus-file.js';

const HEADER = `# Every topology as a profile: docker compose -f docker/compose.yaml --profile microservices up
#
# Made from topologies/ and the modules' manifests by \`npm run compose -- generate\`: change those, or services.yaml.

`;

const audiences = ['postgres', 'redis', 'migrate', 'hosts', 'operator', ...moduleNames];
const from = (service: string) => ({ extends: { file: 'services.yaml', service } });
const secretsMade = { secrets: { condition: 'service_completed_successfully' } };

/** The compose file of all topologies, with one set of servers for whichever runs. */
export function composeFile(topologies: readonly Topology[]): string {
  const file = {
    services: {
      ...servers(),
      ...Object.fromEntries(topologies.flatMap(servicesOf)),
    },
    networks: {
      // What stands between the outside and the hosts.
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
  return HEADER + textOf(file);
}

/** With an empty line between services, and short collections on a line each. */
function textOf(file: object): string {
  const document = new Document(file, { aliasDuplicateObjects: false });
  visit(document, {
    Collection: (_, collection) => {
      const values = collection.items.map((item) => (isPair(item) ? item.value : item));
      const isShort = values.length <= 8 && values.every(isScalar) && values.join('').length < 50;
      if (isShort) collection.flow = true;
    },
  });
  const services = document.get('services');
  if (isMap(services))
    for (const { key } of services.items.slice(1)) if (isScalar(key)) key.spaceBefore = true;
  return document.toString({ lineWidth: 0, singleQuote: true });
}

function servicesOf(topology: Topology): [string, object][] {
  return [
    [nginxOf(topology), nginxService(topology)],
    [prometheusOf(topology), prometheusService(topology)],
    ...topology.hosts.map((host): [string, object] => [
      serviceOf(topology, host.name),
      hostService(topology, host),
    ]),
  ];
}

/** What every topology needs. */
function servers(): Record<string, object> {
  return {
    secrets: {
      ...from('cli'),
      command: ['node', 'main.js', 'secrets', '--into', '/run/secrets'],
      // A new volume belongs to root; there is nothing else in reach.
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
