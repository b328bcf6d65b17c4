import { spawn } from 'node:child_process';
import { MAX_STALENESS_SECONDS } from '@tearline/cache';
import { manifests } from '@tearline/modules';
import { findVarnish, varnishCommand } from '@tearline/process';
import { vcl } from '@tearline/topology';
import type { Cores } from './machine.js';
import type { RunningProxy } from './nginx.js';
import { onCores, stopProcess, untilReady } from './server-process.js';
import { subfolder } from './temporary-dir.js';

export interface VarnishOptions {
  /** Ports for readers, for purges, and of the origin. */
  readonly port: number;
  readonly purgePort: number;
  readonly originPort: number;
  readonly purgeSecret: string;
  readonly cores: Cores;
}

const MEMORY_MIB = 256;

/** Starts a Varnish with the configuration of `npm run topology -- --cdn`, in front of processes of the monolith. */
export async function startVarnish(
  dir: string,
  { port, purgePort, originPort, purgeSecret, cores }: VarnishOptions,
  cleanup: AsyncDisposableStack,
): Promise<RunningProxy> {
  const [listen, purges, origin] = [port, purgePort, originPort].map((each) => `127.0.0.1:${each}`) as [
    string,
    string,
    string,
  ];
  const configuration = vcl({
    topology: 'monolith',
    manifests,
    origin,
    corsOrigins: '*',
    maxStaleness: MAX_STALENESS_SECONDS,
  });
  const folder = await subfolder(dir, `varnish-${port}`);
  const command = await varnishCommand(await findVarnish(process.env['PATH']), folder, configuration, {
    listen,
    purges,
    memoryMib: MEMORY_MIB,
  });
  const [program, ...args] = onCores(cores.hosts, ...command);
  const env = { PATH: process.env['PATH'], CDN_PURGE_SECRET: purgeSecret };
  const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'ignore'] });
  cleanup.defer(() => stopProcess(child));
  const url = `http://${listen}`;
  await untilReady('varnish', url, child);
  return { url, pid: child.pid! };
}
