import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ProcessOutput, SupervisedProcess } from '@tearline/process';
import type { Replica } from './addresses.js';

const BUILD = fileURLToPath(new URL('../../../../tools/build.ts', import.meta.url));
/** Preloaded into hosts that are replaced while they serve. */
export const SHARE_PORTS = new URL('./share-ports.js', import.meta.url).href;

/** Whether the operating system lets two processes listen on one port; elsewhere requests fail while a host restarts. */
export const CAN_SHARE_PORTS = process.platform === 'linux';

/** A host's process, to replace when code that it runs changes. */
export interface WatchedHost {
  readonly replica: Replica;
  readonly process: SupervisedProcess;
}

/**
 * Builds at each change of a source and replaces the hosts that run it, those of one change at the same time.
 * @returns a function that stops it
 */
export function watchSources(hosts: readonly WatchedHost[], output: ProcessOutput): () => Promise<void> {
  const builder = fork(BUILD, ['--watch'], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
  output.follow('build', builder.stderr);
  const pending = new Set<WatchedHost>();
  let replacing: Promise<void> | undefined;

  const replaceAll = async () => {
    while (pending.size > 0) {
      const batch = [...pending];
      pending.clear();
      await Promise.all(batch.map((host) => replace(host, output)));
    }
    replacing = undefined;
  };
  builder.on('message', ({ built }: { built: string[] }) => {
    for (const host of hosts)
      if (built.some((file) => isRunBy(host.replica.host.modules, file))) pending.add(host);
    if (pending.size > 0) replacing ??= replaceAll();
  });
  return async () => {
    builder.kill();
    pending.clear();
    await replacing;
  };
}

/** Whether a host of these modules runs an output of the build; every host reads all contracts and manifests. */
export function isRunBy(modules: readonly string[], file: string): boolean {
  const [, module, name] = /^libs[/]modules[/]([^/]+)[/]dist[/](.*)$/.exec(file) ?? [];
  if (module === undefined) return /^(libs|dist[/]apps[/]service)[/]/.test(file);
  return name === 'contract.js' || name === 'index.js' || modules.includes(module);
}

async function replace({ process: host }: WatchedHost, output: ProcessOutput): Promise<void> {
  const start = performance.now();
  try {
    await host.replace();
    output.log(`${host.spec.name} runs the new code after ${Math.round(performance.now() - start)} ms`);
  } catch (error) {
    output.log(`${(error as Error).message}; the old process goes on`);
  }
}
