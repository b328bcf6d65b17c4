import { settingsOfHosts, settingsOfModule } from '@tearline/composition';
import { databaseUrlVariable } from '@tearline/database';
import { rpcAddressesVariable } from '@tearline/host';
import { manifests } from '@tearline/modules';
import { isCalledRemotely, frontHost, remotesOf, type Topology, type TopologyHost } from '@tearline/topology';
import { HTTP_PORT, isMonolith, RPC_PORT, rpcNameOf, secretFile, secretsMount, serviceOf } from './names.js';

/** Folder of media's files, on a volume that all its replicas mount. */
const MEDIA_DIR = '/var/lib/tearline/media';

/** Returns the compose service of a host, with the credentials of its own modules only. */
export function hostService(topology: Topology, host: TopologyHost): object {
  const { modules, serve } = host;
  const isAlone = isMonolith(topology);
  const hasMedia = modules.includes('media');
  const audiences = ['hosts', ...modules, ...(isFront(topology, host) ? ['operator'] : [])];
  // Two replicas, so that one answers while the other is being replaced.
  const replicas = isAlone ? Math.max(2, host.replicas) : host.replicas;
  return {
    extends: { file: 'services.yaml', service: isAlone ? 'monolith' : 'service' },
    ...(replicas > 1 && { deploy: { replicas } }),
    environment: { ...environment(topology, host), ...settingsPassedOn(modules) },
    volumes: [...audiences.map(secretsMount), ...(hasMedia ? [`media:${MEDIA_DIR}`] : [])],
    networks: {
      ...(serve.includes('http') && { edge: {} }),
      app: isCalled(topology, host) ? { aliases: [rpcNameOf(topology, host.name)] } : {},
      data: {},
    },
    depends_on: {
      migrate: { condition: 'service_completed_successfully' },
      redis: { condition: 'service_healthy' },
    },
  };
}

const isFront = (topology: Topology, host: TopologyHost) => host === frontHost(topology);
const isCalled = (topology: Topology, host: TopologyHost) => isCalledRemotely(topology, manifests, host);

function environment(topology: Topology, host: TopologyHost): Record<string, string> {
  const { modules, serve } = host;
  const remotes = Object.entries(remotesOf(topology, manifests, host));
  const called = isCalled(topology, host);
  return {
    ...(!isMonolith(topology) && { HOST_MODULES: modules.join(','), HOST_ROLES: serve.join(',') }),
    // Only nginx is in front.
    TRUST_PROXY: '1',
    ...(called && { RPC_PORT: `${RPC_PORT}`, RPC_HOST: rpcNameOf(topology, host.name) }),
    ...((called || remotes.length > 0) && { RPC_SECRET_FILE: secretFile('hosts', 'rpc-secret') }),
    ...Object.fromEntries(
      remotes.map(([module, remote]) => [
        rpcAddressesVariable(module),
        `${rpcNameOf(topology, remote)}:${RPC_PORT}`,
      ]),
    ),
    AUTH_JWKS_FILE: secretFile('hosts', 'auth-jwks'),
    REDIS_URL_FILE: secretFile('hosts', 'redis-url'),
    ...urlFiles(modules),
    // Each module has the same role and password on the replica as on the primary.
    DATABASE_REPLICA_URLS: 'postgres://postgres-replica',
    CONSISTENCY_SECRET_FILE: secretFile('hosts', 'consistency-secret'),
    ...(modules.includes('identity') && {
      IDENTITY_SIGNING_KEY_FILE: secretFile('identity', 'signing-key'),
    }),
    ...(modules.includes('media') && { MEDIA_DIR }),
    ...(isFront(topology, host) && {
      OPERATOR_PASSWORD_FILE: secretFile('operator', 'password'),
      ...docsFrom(topology, host),
    }),
  };
}

/**
 * Returns the settings of a host with these modules that the environment of `docker compose` may set: all that compose
 * does not set itself. An empty setting counts as absent.
 */
function settingsPassedOn(modules: readonly string[]): Record<string, string> {
  const own = manifests.filter(({ name }) => modules.includes(name));
  const settings = [...settingsOfHosts, ...own.flatMap(settingsOfModule)];
  return Object.fromEntries(
    settings
      // The image sets NODE_ENV, and an empty value would replace that.
      .filter(({ name, assigned }) => !assigned && name !== 'NODE_ENV')
      .map(({ name }) => [name, `\${${name}:-}`]),
  );
}

/** The variables that name the files with the modules' database URLs. */
export function urlFiles(modules: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    modules.map((module) => [`${databaseUrlVariable(module)}_FILE`, secretFile(module, 'database-url')]),
  );
}

function docsFrom(topology: Topology, front: TopologyHost): Record<string, string> {
  const others = topology.hosts.filter((host) => host !== front && host.serve.includes('http'));
  if (others.length === 0) return {};
  return {
    DOCS_FROM: others.map(({ name }) => `http://${serviceOf(topology, name)}:${HTTP_PORT}`).join(','),
  };
}
