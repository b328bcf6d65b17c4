import { type RunningApp, startApp, type StartOptions } from './running-app.js';

/** One process of a host. */
export interface HostProcess {
  /** The host and the process's number, e.g. `articles.1`. */
  name: string;
  modules: string[];
  /** Where it answers HTTP. */
  url: string;
  /** Where it answers other hosts, if any calls it. */
  rpc?: string;
  /** Of the first process; one that dies is followed by another. */
  pid: number;
}

/** A topology that runs: `url` is nginx's. */
export interface RunningTopology extends RunningApp {
  hosts: HostProcess[];
  /** The process id of nginx. */
  nginx: number;
}

/**
 * Runs a topology as an operating system process, which runs the others, and waits until all of it is ready.
 * @param reference as the command line takes it: a name, a file or `--alone=<module>`
 */
export async function startTopology(
  reference: string,
  { args = [], ...options }: StartOptions = {},
): Promise<RunningTopology> {
  const entry = 'dist/apps/topology/src/main.js';
  const app = await startApp({ within: 120_000, ...options, entry, args: [reference, ...args] });
  const line = app.logs().find((each) => each.includes('"msg":"listening"') && each.includes('"topology":'));
  const { hosts, nginx } = JSON.parse(line ?? '{}') as Pick<RunningTopology, 'hosts' | 'nginx'>;
  return { ...app, hosts, nginx };
}
