import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const V1 = '/sys/fs/cgroup/memory';
const V2 = '/sys/fs/cgroup';

/** A limit on the memory of processes, by a control group as containers have it. Linux, as root. */
export class MemoryLimit {
  readonly #folder: string;
  readonly #parent: string;

  /**
   * @param name of its own, of those that this process has at a time
   * @throws Error where control groups cannot be written
   */
  constructor(bytes: number, name = 'limit') {
    const isV1 = existsSync(join(V1, 'memory.limit_in_bytes'));
    this.#parent = isV1 ? V1 : V2;
    this.#folder = join(this.#parent, `tearline-${process.pid}-${name}`);
    mkdirSync(this.#folder);
    writeFileSync(join(this.#folder, isV1 ? 'memory.limit_in_bytes' : 'memory.max'), `${bytes}`);
  }

  /** Puts a process in for as long as some work takes; those that it starts meanwhile stay in. */
  async around<Result>(pid: number, work: () => Promise<Result>): Promise<Result> {
    const moveTo = (folder: string) => writeFileSync(join(folder, 'cgroup.procs'), `${pid}`);
    moveTo(this.#folder);
    try {
      return await work();
    } finally {
      moveTo(this.#parent);
    }
  }

  /** Removes the limit, once its processes have ended. */
  remove(): void {
    rmdirSync(this.#folder);
  }
}
