import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClusterContext, ClusterProcess } from './cluster-process.js';
import type { MemberAddresses } from './member-config.js';
import { requestApi } from './patroni-api.js';

/** A PostgreSQL server and its Patroni. */
export class PatroniMember extends ClusterProcess {
  /** @param config the path of its configuration */
  constructor(
    readonly addresses: MemberAddresses,
    readonly config: string,
    private readonly data: string,
    context: ClusterContext,
  ) {
    const isReady = () =>
      requestApi(addresses.api, '/health').then(
        () => true,
        () => false,
      );
    super(addresses.name, [context.programs.patroni, config], isReady, context);
  }

  /** PostgreSQL, which Patroni starts outside of its own session. */
  protected override async otherPids(): Promise<number[]> {
    const file = await readFile(join(this.data, 'postmaster.pid'), 'utf8').catch(() => '');
    const postmaster = Number(file.split('\n')[0]);
    if (!postmaster) return [];
    return [postmaster, ...(await childrenOf(postmaster))];
  }
}

/** Linux only, elsewhere empty. */
async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  // pid (name) state ppid …; a name may contain blanks.
  return pids.filter((_, index) => /\) \S (\d+)/.exec(stats[index]!)?.[1] === `${parent}`).map(Number);
}
