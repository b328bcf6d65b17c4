import { type EmbeddedPostgres, startEmbedded } from '@tearline/embedded';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A private PostgreSQL that can be killed, and started again on the same port. */
export class Postgres {
  #server: EmbeddedPostgres | undefined;
  #port: number | undefined;

  /** @param dir folder of its data, which every user must be able to enter */
  constructor(private readonly dir: string) {}

  get url(): string {
    return this.#server!.url;
  }

  async start(): Promise<void> {
    this.#server = await startEmbedded({
      dir: this.dir,
      ...(this.#port !== undefined && { port: this.#port }),
    });
    this.#port = this.#server.port;
  }

  /** Kills all of its processes at once, as a power failure does. */
  async kill(): Promise<void> {
    const file = await readFile(join(this.dir, 'postgres/postmaster.pid'), 'utf8');
    const postmaster = Number(file.split('\n')[0]);
    const backends = await childrenOf(postmaster);
    for (const pid of [postmaster, ...backends]) signal(pid, 'SIGKILL');
    await this.#server!.stop();
    for (const pid of backends) while (signal(pid, 0)) await pause(10);
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }
}

async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const parents = await Promise.all(pids.map(parentOf));
  return pids.filter((_, index) => parents[index] === parent).map(Number);
}

async function parentOf(pid: string): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name may contain anything; after it come state, parent, …
  return stat === undefined ? undefined : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** Returns whether the process exists. */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
