import { randomBytes } from 'node:crypto';
import { MAX_STALENESS_SECONDS } from '@tearline/cache';
import { edgeLimits } from '@tearline/composition';
import { corsOrigins } from '@tearline/host';
import { manifests } from '@tearline/modules';
import { freePorts, isReady, type ProcessSpec, varnishCommand } from '@tearline/process';
import type { Environment } from '@tearline/settings';
import { type Topology, vcl } from '@tearline/topology';
import type { RunnerSettings } from './settings.js';

/** An edge cache in front of nginx. */
export interface EdgeCache {
  /** The program. */
  readonly varnish: string;
  readonly listen: string;
  /** Where nginx listens behind it. */
  readonly origin: string;
  readonly purges: string;
  readonly secret: string;
}

/** Chooses the addresses of an edge cache and of nginx behind it, and a secret unless it is given. */
export async function chooseEdgeCache(
  varnish: string,
  listen: string,
  secret = randomBytes(32).toString('base64url'),
): Promise<EdgeCache> {
  const [origin, purges] = (await freePorts(2)).map((port) => `127.0.0.1:${port}`) as [string, string];
  return { varnish, listen, origin, purges, secret };
}

/** Writes its configuration into the folder. Returns its process. */
export async function edgeCacheSpec(
  { varnish, listen, origin, purges, secret }: EdgeCache,
  folder: string,
  topology: Topology,
  { CORS_ORIGINS, CDN_MEMORY_MIB: memoryMib }: RunnerSettings,
  env: Environment,
): Promise<ProcessSpec> {
  const configuration = vcl({
    topology: topology.name,
    manifests,
    origin,
    limits: edgeLimits(env, manifests),
    corsOrigins: CORS_ORIGINS === '*' ? '*' : corsOrigins({ CORS_ORIGINS }),
    maxStaleness: MAX_STALENESS_SECONDS,
  });
  return {
    name: 'varnish',
    command: await varnishCommand(varnish, folder, configuration, { listen, purges, memoryMib }),
    env: { PATH: env['PATH'], CDN_PURGE_SECRET: secret },
    isReady: () => isReady(`http://${listen}`),
    stopSignal: 'SIGTERM',
  };
}
