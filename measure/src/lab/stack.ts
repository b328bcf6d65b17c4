import { databaseUrls } from '@tearline/database';
import { startEmbedded } from '@tearline/embedded';
import type { Topology } from '@tearline/topology';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cleanup } from '../kit/cleanup.js';
import { MODULES, openDatabase } from '../kit/database.js';
import { type Cores, withAffinity } from '../kit/machine.js';
import { startRedis } from '../kit/redis.js';
import { type Keys, makeKeys, type Samples, takeSamples } from '../kit/samples.js';
import { subfolder } from '../kit/temporary-dir.js';
import { RemoteDeployment } from './deployment/remote-deployment.js';

/** Connections to the database of each module of a process. */
export const CONNECTIONS_PER_MODULE = 5;

/** As in production, except for limits that one user who uploads continuously would exceed. */
export const LOAD_SETTINGS = {
  LOG_LEVEL: 'info',
  MEDIA_UPLOADS_PER_MINUTE: '1000000',
  MEDIA_BYTES_PER_USER: `${10 ** 11}`,
  MEDIA_CONCURRENT_UPLOADS: '1000',
};

/** A seeded PostgreSQL that is stopped; every stack starts from a copy. */
export interface Template {
  readonly dir: string;
  readonly keys: Keys;
  readonly samples: Samples;
  readonly postgres: string;
}

export async function createTemplate(parent: string, cleanup: Cleanup): Promise<Template> {
  const dir = await subfolder(parent, 'template');
  const database = await openDatabase(dir, cleanup);
  const keys = await makeKeys();
  const samples = await takeSamples(database.ownerUrl, keys);
  await database.stop();
  return { dir, keys, samples, postgres: database.version };
}

export interface StackOptions {
  readonly name: string;
  readonly topology: Topology;
  readonly template: Template;
  readonly dir: string;
  readonly cores: Cores;
  readonly hasRedis: boolean;
  /** Processes of each host. */
  readonly replicas: number;
}

/** A topology with a PostgreSQL and a Redis of its own, so that no other topology handles its events. */
export interface Stack {
  readonly name: string;
  readonly topology: Topology;
  readonly postgres: number;
  /** Starts the topology's processes. */
  deploy(options?: { isProxied?: boolean; replicas?: number }): Promise<RemoteDeployment>;
}

export async function startStack(options: StackOptions, cleanup: Cleanup): Promise<Stack> {
  const { name, topology, template, cores } = options;
  const dir = await subfolder(options.dir, name.replaceAll(' ', '-'));
  const copied = spawnSync('cp', ['-a', join(template.dir, 'postgres'), dir], { encoding: 'utf8' });
  if (copied.status !== 0) throw new Error(`cannot copy the database: ${copied.stderr}`);
  const onDataCores = <T>(work: () => Promise<T>) => withAffinity(cores.data, cores, work);
  // Twice the connections of the topology, since a part of it is scaled.
  const maxConnections =
    2 * topology.hosts.length * MODULES.length * CONNECTIONS_PER_MODULE * options.replicas + 50;
  const embedded = await onDataCores(() => startEmbedded({ dir, maxConnections }));
  cleanup.add(embedded.stop);
  const redis = options.hasRedis ? await onDataCores(() => startRedis(dir, cleanup)) : undefined;
  const postgres = Number((await readFile(join(dir, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0]);
  const { signingKey, jwks } = template.keys;
  const deploy = ({ isProxied = false, replicas = options.replicas } = {}) =>
    onDataCores(async () => {
      const deployment = new RemoteDeployment(name, {
        topology: { ...topology, hosts: topology.hosts.map((host) => ({ ...host, replicas })) },
        postgres: [postgres],
        redis: redis ? [redis.pid] : [],
        urls: databaseUrls([...MODULES, 'queues'], {}, embedded.url),
        jwks,
        signingKey: JSON.stringify(signingKey),
        redisUrl: redis?.url,
        connections: CONNECTIONS_PER_MODULE,
        mediaDir: join(dir, 'media'),
        env: { NODE_ENV: 'production', TMPDIR: dir, ...LOAD_SETTINGS },
        cores: cores.hosts,
        nginxWorkers: cores.count,
        isProxied,
        log: join(dir, 'processes.log'),
      });
      cleanup.add(() => deployment.stop());
      await deployment.start();
      return deployment;
    });
  return { name, topology, postgres, deploy };
}
