import { databaseUrls } from '@tearline/database';
import { startEmbedded } from '@tearline/embedded';
import type { Topology } from '@tearline/topology';
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { manifests } from '@tearline/modules';
import type { Cleanup } from '../kit/cleanup.js';
import { queryOwner, seed } from '../kit/database.js';
import { type RunningRedis, startRedis } from '../kit/redis.js';
import { type Keys, makeKeys, type Samples, takeSamples } from '../kit/samples.js';
import { type Cores, withAffinity } from './cores.js';
import { RemoteDeployment } from './deployment/remote.js';
import type { Place } from './measure/subject.js';

/** Of each module in each process. */
export const CONNECTIONS = 5;
const MODULES = manifests.map(({ name }) => name);

/** As in production, but for limits that one user who uploads all the time would run into. */
export const FOR_LOAD = {
  LOG_LEVEL: 'info',
  MEDIA_UPLOADS_PER_MINUTE: '1000000',
  MEDIA_BYTES_PER_USER: `${10 ** 11}`,
  MEDIA_CONCURRENT_UPLOADS: '1000',
};

/** What all sites begin with. */
export interface Ground {
  /** A folder with a PostgreSQL that is filled and at rest. */
  readonly dir: string;
  readonly keys: Keys;
  readonly samples: Samples;
  readonly postgres: string;
}

/** Fills a database once, for all sites to start from. */
export async function prepareGround(dir: string, cleanup: Cleanup): Promise<Ground> {
  const seeded = await newFolder(dir, 'seeded');
  const embedded = await startEmbedded({ dir: seeded });
  cleanup.add(embedded.stop);
  await seed(embedded.url, cleanup, 'ignore');
  const [row] = await queryOwner<{ version: string }>(
    embedded.url,
    "select current_setting('server_version') as version",
    'vacuum analyze',
  );
  const keys = await makeKeys();
  const samples = await takeSamples(embedded.url, keys);
  await embedded.stop();
  return { dir: seeded, keys, samples, postgres: row!.version };
}

/** A topology with servers of its own, so that no other one handles its events. */
export interface Site extends Place {
  /** Starts its processes, as many of each host as are asked for. */
  deploy(options?: { isProxied?: boolean; replicas?: number }): Promise<RemoteDeployment>;
}

export interface SiteOptions {
  readonly name: string;
  readonly topology: Topology;
  readonly ground: Ground;
  readonly dir: string;
  readonly cores: Cores;
  readonly hasRedis: boolean;
  /** Processes of each host. */
  readonly replicas: number;
}

export async function openSite(options: SiteOptions, cleanup: Cleanup): Promise<Site> {
  const { name, topology, ground, cores } = options;
  const dir = await newFolder(options.dir, name.replaceAll(' ', '-'));
  const copied = spawnSync('cp', ['-a', join(ground.dir, 'postgres'), dir], { encoding: 'utf8' });
  if (copied.status !== 0) throw new Error(`the database could not be copied: ${copied.stderr}`);
  return withAffinity(cores.data, cores, async () => {
    // Twice what a whole topology asks for, since a part of it may be scaled.
    const maxConnections = 2 * topology.hosts.length * MODULES.length * CONNECTIONS * options.replicas + 50;
    const embedded = await startEmbedded({ dir, maxConnections });
    cleanup.add(embedded.stop);
    const pid = await readFile(join(dir, 'postgres/postmaster.pid'), 'utf8');
    const redis = options.hasRedis ? await startRedis(dir, cleanup) : undefined;
    return siteOn(
      { ...options, dir, postgres: Number(pid.split('\n')[0]), redis, url: embedded.url },
      cleanup,
    );
  });
}

interface Started extends SiteOptions {
  readonly postgres: number;
  readonly redis: RunningRedis | undefined;
  readonly url: string;
}

function siteOn(options: Started, cleanup: Cleanup): Site {
  const { name, topology, ground, cores, dir, postgres, redis, url } = options;
  const { signingKey, jwks } = ground.keys;
  const deploy = ({ isProxied = false, replicas = options.replicas } = {}) =>
    withAffinity(cores.data, cores, async () => {
      const deployment = RemoteDeployment.start({
        topology: { ...topology, hosts: topology.hosts.map((host) => ({ ...host, replicas })) },
        urls: databaseUrls([...MODULES, 'queues'], {}, url),
        jwks,
        signingKey: JSON.stringify(signingKey),
        redisUrl: redis?.url,
        connections: CONNECTIONS,
        mediaDir: join(dir, 'media'),
        env: {
          NODE_ENV: 'production',
          TMPDIR: dir,
          ...FOR_LOAD,
        },
        cores: cores.hosts,
        nginxWorkers: cores.count,
        isProxied,
        log: join(dir, 'processes.log'),
      });
      cleanup.add(() =>
        deployment.then(
          (one) => one.stop(),
          () => undefined,
        ),
      );
      return deployment;
    });
  return { name, topology, postgres: [postgres], redis: redis ? [redis.pid] : [], deploy };
}

async function newFolder(dir: string, name: string): Promise<string> {
  const folder = join(dir, name);
  await mkdir(folder);
  // PostgreSQL does not run as root and takes another user, who must be able to walk in.
  await chmod(folder, 0o755);
  return folder;
}
