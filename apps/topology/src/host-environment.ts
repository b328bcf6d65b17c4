import { frontHost, remotesOf, type Topology } from '@tearline/topology';
import { replicaUrlsVariable, databaseUrlVariable } from '@tearline/database';
import { type HostDescription, rpcAddressesVariable } from '@tearline/host';
import { manifests } from '@tearline/modules';
import { developmentSettings, settingsOfHosts, settingsOfModule } from '@tearline/composition';
import { describeSettings, type Environment, type Setting } from '@tearline/settings';
import type { Python } from '@tearline/process';
import { addressesOf, type Replica } from './addresses.js';

/** What all hosts of a run have in common. */
export interface Run {
  readonly topology: Topology;
  readonly replicas: readonly Replica[];
  /** By module its database URL, and the queues' one where there is no Redis. */
  readonly urls: Readonly<Record<string, string>>;
  /** Of each module the URLs of its replicas. */
  readonly replicaUrls: Readonly<Record<string, readonly string[]>>;
  /** Seals the tokens by which clients read what they have written; the same for all hosts. */
  readonly consistencySecret: string;
  /** Connections to the database for each module of a process. */
  readonly connections: number;
  /** Public keys, for all hosts. */
  readonly jwks: string;
  /** The private key, for the host of identity. */
  readonly signingKey: string;
  /** What hosts know one another by. */
  readonly rpcSecret: string;
  /** Where the queues are; in PostgreSQL without it. */
  readonly redisUrl: string | undefined;
  /** For the board of the queues, on the front host. */
  readonly operatorPassword: string | undefined;
  /** Where the edge cache takes purges, and the credential for it. */
  readonly cdn?: { readonly purgeUrl: string; readonly secret: string } | undefined;
  /** Runs hosts in Python, where the topology has some. */
  readonly python?: Python | undefined;
  /** Folder of the files of all hosts that run media, unless their environment names another. */
  readonly mediaDir: string;
}

/** Variables that the runner sets for each host, or reads for itself: no host inherits them. */
const RESERVED_VARIABLES = namesOf(
  [
    ...settingsOfHosts,
    ...describeSettings(developmentSettings),
    ...manifests.flatMap(settingsOfModule),
  ].filter(({ assigned }) => assigned),
);

function namesOf(settings: readonly Setting[]): ReadonlySet<string> {
  return new Set(settings.flatMap(({ name }) => [name, `${name}_FILE`]));
}

/** The environment of one process: what it was given, and of credentials only those of its own modules. */
export function hostEnvironment(replica: Replica, run: Run, given: Environment): NodeJS.ProcessEnv {
  const { host, httpPort, rpcPort } = replica;
  const { topology, replicas, urls, connections, jwks, signingKey, rpcSecret, redisUrl } = run;
  const isFront = host === frontHost(topology);
  const remotes = Object.entries(remotesOf(topology, manifests, host));
  const isTalking = remotes.length > 0 || rpcPort !== undefined;
  return {
    ...inherited(given, host.modules),
    HOST_MODULES: host.modules.join(','),
    HOST_ROLES: host.serve.join(','),
    HOST: '127.0.0.1',
    PORT: `${httpPort}`,
    // nginx, which alone can reach it here.
    TRUST_PROXY: '1',
    AUTH_JWKS: jwks,
    DATABASE_CONNECTIONS: `${connections * host.modules.length}`,
    ...Object.fromEntries(host.modules.map((module) => [databaseUrlVariable(module), urls[module]])),
    ...Object.fromEntries(
      host.modules.map((module) => [replicaUrlsVariable(module), run.replicaUrls[module]!.join()]),
    ),
    CONSISTENCY_SECRET: run.consistencySecret,
    ...(host.modules.includes('identity') && { IDENTITY_SIGNING_KEY: signingKey }),
    ...(redisUrl ? { REDIS_URL: redisUrl } : { [databaseUrlVariable('queues')]: urls['queues'] }),
    ...(run.cdn && { CDN_PURGE_URLS: run.cdn.purgeUrl, CDN_PURGE_SECRET: run.cdn.secret }),
    ...(isTalking && { RPC_SECRET: rpcSecret }),
    ...(rpcPort !== undefined && { RPC_PORT: `${rpcPort}` }),
    ...Object.fromEntries(
      remotes.map(([module, remote]) => [
        rpcAddressesVariable(module),
        addressesOf(replicas, remote, 'rpc').join(','),
      ]),
    ),
    ...(isFront && { TOPOLOGY: JSON.stringify(describeHosts(topology, replicas)) }),
    ...(isFront && run.operatorPassword && { OPERATOR_PASSWORD: run.operatorPassword }),
    ...(given['MEMORY_EVIDENCE_DIR'] && { MEMORY_EVIDENCE_DIR: given['MEMORY_EVIDENCE_DIR'] }),
    ...(host.modules.includes('media') && { MEDIA_DIR: given['MEDIA_DIR'] || run.mediaDir }),
  };
}

/** The environment without reserved variables and without the settings of modules that this host does not run. */
function inherited(given: Environment, modules: readonly string[]): NodeJS.ProcessEnv {
  const foreign = namesOf(manifests.filter(({ name }) => !modules.includes(name)).flatMap(settingsOfModule));
  return Object.fromEntries(
    Object.entries(given).filter(([name]) => !RESERVED_VARIABLES.has(name) && !foreign.has(name)),
  );
}

/** The value of `TOPOLOGY`. */
function describeHosts({ hosts }: Topology, replicas: readonly Replica[]): HostDescription[] {
  return hosts.map(({ name, modules, serve }) => ({
    name,
    modules,
    serve,
    urls: addressesOf(replicas, name, 'http').map((address) => `http://${address}`),
  }));
}
