import { edgeLimits, settingsOfHosts, settingsOfModule } from '@tearline/composition';
import { databaseUrlVariable } from '@tearline/database';
import { type HostDescription, rpcAddressesVariable } from '@tearline/host';
import { manifests } from '@tearline/modules';
import { type Environment, givenText } from '@tearline/settings';
import { isCalledRemotely, frontHost, remotesOf, type Topology, type TopologyHost } from '@tearline/topology';
import { databaseNames } from './database-services.js';
import {
  HTTP_PORT,
  isMonolith,
  purgeUrlOf,
  RPC_PORT,
  rpcNameOf,
  secretFile,
  secretsMount,
  serviceOf,
} from './names.js';
import { logStreamOf } from './observe-services.js';
import type { Profiles } from './profiles.js';

/** Folder of media's files, on a volume that all its replicas mount. */
const MEDIA_DIR = '/var/lib/tearline/media';
/** Folder of the evidence of what memory was used for. */
const MEMORY_EVIDENCE_DIR = '/var/lib/tearline/memory';

/** Returns the volume with the evidence of a host. No other host mounts it: a heap snapshot has secrets. */
export const evidenceVolume = (topology: Topology, { name }: TopologyHost) =>
  `memory-${serviceOf(topology, name)}`;

/** Returns the compose service of a host, with the credentials of its own modules only. */
export function hostService(
  topology: Topology,
  host: TopologyHost,
  env: Environment = {},
  profiles: Profiles = {},
): object {
  const { cdn, observe } = profiles;
  const { modules, serve } = host;
  const isAlone = isMonolith(topology);
  const hasMedia = modules.includes('media');
  const audiences = [
    'hosts',
    ...modules,
    ...(isFront(topology, host) ? ['operator'] : []),
    ...(cdn ? ['cdn'] : []),
  ];
  // Two replicas, so that one answers while the other is being replaced.
  const replicas = isAlone ? Math.max(2, host.replicas) : host.replicas;
  return {
    extends: { file: 'services.yaml', service: imageOf(topology, host) },
    ...(replicas > 1 && { deploy: { replicas } }),
    // A quarter of the default: background work gives way to requests where they need the same core.
    ...(serve.every((role) => role === 'jobs') && { cpu_shares: 256 }),
    environment: {
      ...environment(topology, host, profiles),
      ...(cdn && {
        CDN_PURGE_URLS: purgeUrlOf(topology),
        CDN_PURGE_SECRET_FILE: secretFile('cdn', 'purge-secret'),
      }),
      ...settingsPassedOn(modules, env),
      ...(observe && logStreamOf.environment),
    },
    stop_grace_period: gracePeriod(env),
    volumes: [
      ...audiences.map(secretsMount),
      ...(hasMedia ? [`media:${MEDIA_DIR}`] : []),
      ...(observe ? logStreamOf.volumes : []),
      ...(leavesEvidence(host) ? [`${evidenceVolume(topology, host)}:${MEMORY_EVIDENCE_DIR}`] : []),
    ],
    networks: {
      ...(serve.includes('http') && { edge: {} }),
      app: isCalled(topology, host) ? { aliases: [rpcNameOf(topology, host.name)] } : {},
      data: {},
      ...(cdn && { purge: {} }),
      ...(observe && logStreamOf.networks),
    },
    depends_on: {
      migrate: { condition: 'service_completed_successfully' },
      redis: { condition: 'service_healthy' },
    },
  };
}

/** Returns the service in `docker/services.yaml` with the host's image. */
function imageOf(topology: Topology, { modules, runtime }: TopologyHost): string {
  if (runtime !== undefined) return `${modules.join()}-${runtime}`;
  return isMonolith(topology) ? 'monolith' : 'service';
}

/** Returns how long compose waits for a process to stop: what requests get to finish, and ten seconds for the rest. */
export const gracePeriod = (env: Environment) =>
  `${Math.ceil(edgeLimits(env, manifests).shutdownTimeout / 1_000) + 10}s`;

/** Whether it runs on Node.js. */
export const leavesEvidence = ({ runtime }: TopologyHost) => runtime === undefined;

const isFront = (topology: Topology, host: TopologyHost) => host === frontHost(topology);
const isCalled = (topology: Topology, host: TopologyHost) => isCalledRemotely(topology, manifests, host);

function environment(topology: Topology, host: TopologyHost, profiles: Profiles): Record<string, string> {
  const { replicas } = databaseNames(profiles);
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
    ...urlFiles(modules, profiles),
    // Each module has the same role and password on the replica as on the primary.
    DATABASE_REPLICA_URLS: replicas.map((name) => `postgres://${name}`).join(),
    CONSISTENCY_SECRET_FILE: secretFile('hosts', 'consistency-secret'),
    ...(modules.includes('identity') && {
      IDENTITY_SIGNING_KEY_FILE: secretFile('identity', 'signing-key'),
    }),
    ...(modules.includes('media') && { MEDIA_DIR }),
    ...(leavesEvidence(host) && { MEMORY_EVIDENCE_DIR }),
    ...(isFront(topology, host) && {
      OPERATOR_PASSWORD_FILE: secretFile('operator', 'password'),
      TOPOLOGY: JSON.stringify(describeHosts(topology)),
    }),
  };
}

/**
 * Returns the settings of a host with these modules that the environment of `docker compose` may set: all that compose
 * does not set itself. An empty setting counts as absent. Those from which nginx's configuration follows have their values of now.
 */
function settingsPassedOn(modules: readonly string[], env: Environment): Record<string, string> {
  const own = manifests.filter(({ name }) => modules.includes(name));
  const settings = [...settingsOfHosts, ...own.flatMap(settingsOfModule)];
  return Object.fromEntries(
    settings
      // The image sets NODE_ENV, and an empty value would replace that.
      .filter(({ name, assigned }) => !assigned && name !== 'NODE_ENV')
      .map(({ name, edge }) => [name, edge ? givenText(name, env) : `\${${name}:-}`]),
  );
}

/** The variables that name the files with the modules' database URLs. */
export function urlFiles(modules: readonly string[], profiles: Profiles): Record<string, string> {
  const { urlFile } = databaseNames(profiles);
  return Object.fromEntries(
    modules.map((module) => [`${databaseUrlVariable(module)}_FILE`, secretFile(module, urlFile)]),
  );
}

/** The value of `TOPOLOGY`. The name of a service resolves to all its containers. */
const describeHosts = (topology: Topology): HostDescription[] =>
  topology.hosts.map(({ name, modules, serve }) => ({
    name,
    modules,
    serve,
    urls: [`http://${serviceOf(topology, name)}:${HTTP_PORT}`],
  }));
