import { databaseUrls } from '@tearline/database';
import { startEmbedded } from '@tearline/embedded';
import type { Topology } from '@tearline/topology';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { MODULES, openDatabase } from '../kit/database.js';
import { withAffinity } from '../kit/machine.js';
import { startRedis } from '../kit/redis.js';
import { type Keys, makeKeys, type Samples, takeSamples } from '../kit/samples.js';
import { subfolder } from '../kit/temporary-dir.js';
import { Deployment } from './deployment/deployment.js';
import { CONNECTIONS_PER_MODULE, LOAD_SETTINGS } from './host-settings.js';
import type { Setup } from './setup.js';

/** A seeded PostgreSQL that is stopped; every stack starts from a copy. */
export interface Template {
  readonly dir: string;
  readonly keys: Keys;
  readonly samples: Samples;
  readonly postgres: string;
}

export async function createTemplate(parent: string, cleanup: AsyncDisposableStack): Promise<Template> {
  const dir = await subfolder(parent, 'template');
  const database = await openDatabase(dir, cleanup);
  const keys = await makeKeys();
  const samples = await takeSamples(database.ownerUrl, keys);
  await database.stop();
  return { dir, keys, samples, postgres: database.version };
}

export interface StackOptions extends Pick<Setup, 'dir' | 'cores' | 'replicas'> {
  readonly name: string;
  readonly topology: Topology;
  readonly template: Template;
  readonly hasRedis: boolean;
}

/** A topology with a PostgreSQL and a Redis of its own, so that no other topology handles its events. */
export interface Stack {
  readonly name: string;
  readonly topology: Topology;
  readonly postgres: number;
  /** Starts the topology's processes. */
  deploy(options?: { isProxied?: boolean; replicas?: number }): Promise<Deployment>;
}

export async function startStack(options: StackOptions, cleanup: AsyncDisposableStack): Promise<Stack> {
  const { name, topology, template, cores } = options;
  const dir = await subfolder(options.dir, name.replaceAll(' ', '-'));
  const copied = spawnSync('cp', ['-a', join(template.dir, 'postgres'), dir], { encoding: 'utf8' });
  if (copied.status !== 0) throw new Error(`cannot copy the database: ${copied.stderr}`);
  const onDataCores = <T>(work: () => Promise<T>) => withAffinity(cores.data, cores, work);
  // Twice the connections of the topology, since a part of it is scaled.
  const maxConnections =
    2 * topology.hosts.length * MODULES.length * CONNECTIONS_PER_MODULE * options.replicas + 50;
  const embedded = await onDataCores(() => startEmbedded({ dir, maxConnections }));
  cleanup.defer(embedded.stop);
  const redis = options.hasRedis ? await onDataCores(() => startRedis(dir, cleanup)) : undefined;
  const postgres = embedded.server.pid;
  const { signingKey, jwks } = template.keys;
  const secret = randomBytes(32).toString('base64url');
  const run = {
    urls: databaseUrls([...MODULES, 'queues'], {}, embedded.url),
    // No replicas: `npm run bench:replicas` measures those.
    replicaUrls: Object.fromEntries(MODULES.map((module) => [module, []])),
    jwks,
    signingKey: JSON.stringify(signingKey),
    rpcSecret: secret,
    consistencySecret: secret,
    operatorPassword: undefined,
    redisUrl: redis?.url,
    connections: CONNECTIONS_PER_MODULE,
    mediaDir: join(dir, 'media'),
  };
  const deploy = ({ isProxied = false, replicas = options.replicas } = {}) =>
    onDataCores(async () => {
      const hosts = topology.hosts.map((host) => ({ ...host, replicas }));
      const deployment = new Deployment({
        name,
        postgres: [postgres],
        redis: redis ? [redis.pid] : [],
        run: { ...run, topology: { ...topology, hosts } },
        env: { NODE_ENV: 'production', TMPDIR: dir, ...LOAD_SETTINGS },
        cores,
        isProxied,
        dir,
      });
      cleanup.defer(() => deployment.kill());
      await deployment.start();
      return deployment;
    });
  return { name, topology, postgres, deploy };
}
