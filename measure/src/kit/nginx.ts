import { spawn } from 'node:child_process';
import { openFileLimit } from '@tearline/host';
import { manifests } from '@tearline/modules';
import { findNginx, freePorts, nginxCommand } from '@tearline/process';
import { type Balance, defaultLimits, nginxConfig, parseTopology } from '@tearline/topology';
import { MODULES } from './database.js';
import type { Cores } from './machine.js';
import { onCores, stopProcess, untilReady } from './server-process.js';
import { subfolder } from './temporary-dir.js';

export interface NginxOptions {
  readonly balance: Balance;
  /** Processes of the monolith. */
  readonly urls: readonly string[];
  readonly cores: Cores;
}

/** A proxy in front of hosts. */
export interface RunningProxy {
  readonly url: string;
  readonly pid: number;
}

/** Starts an nginx in front of processes of the monolith; it trusts the addresses that this machine forwards. */
export async function startNginx(
  dir: string,
  { balance, urls, cores }: NginxOptions,
  cleanup: AsyncDisposableStack,
): Promise<RunningProxy> {
  const [port] = (await freePorts(1)) as [number];
  const hosts = `hosts: { app: { modules: ['*'], replicas: ${urls.length}, balance: ${balance} } }`;
  const configuration = nginxConfig({
    topology: parseTopology(hosts, 'nginx.yaml', MODULES),
    manifests,
    addresses: { app: urls.map((url) => new URL(url).host) },
    listen: `127.0.0.1:${port}`,
    limits: { ...defaultLimits, trustedProxies: ['127.0.0.0/8'], connectionsPerAddress: 60_000 },
    openFiles: openFileLimit(),
    cores: cores.count,
    reusePort: process.platform === 'linux',
  });
  const folder = await subfolder(dir, `nginx-${port}`);
  const command = await nginxCommand(await findNginx(process.env['PATH']), folder, configuration);
  const [program, ...args] = onCores(cores.hosts, ...command);
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  cleanup.defer(() => stopProcess(child));
  const url = `http://127.0.0.1:${port}`;
  await untilReady('nginx', url, child);
  return { url, pid: child.pid! };
}
