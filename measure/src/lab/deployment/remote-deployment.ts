import type { Topology } from '@tearline/topology';
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Running, Target } from '../target.js';
import type { Method, Reply } from './deployment-process.js';
import type { DeploymentSpec } from './deployment-spec.js';

const ENTRY = join(import.meta.dirname, 'deployment-process.js');

/** A deployment that a process of its own supervises, so that logs and proxies take no time of the load generator. */
export class RemoteDeployment implements Target {
  readonly topology: Topology;
  readonly postgres: readonly number[];
  readonly redis: readonly number[];
  // JSON, the default, would turn undefined arguments into null.
  readonly #child: ChildProcess = fork(ENTRY, { serialization: 'advanced' });
  readonly #exited = Promise.withResolvers<void>();
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;
  #running: Running | undefined;

  constructor(
    readonly name: string,
    private readonly spec: DeploymentSpec,
  ) {
    ({ topology: this.topology, postgres: this.postgres, redis: this.redis } = spec);
    this.#child.on('message', (reply: Reply) => this.#settle(reply));
    this.#child.on('error', () => undefined); // 'exit' follows
    this.#child.once('exit', () => {
      for (const { reject } of this.#pending.values()) reject(new Error('the deployment has ended'));
      this.#exited.resolve();
    });
  }

  /** @throws Error when a process does not start */
  async start(): Promise<void> {
    try {
      this.#running = (await this.#call('start', this.spec)) as Running;
    } catch (error) {
      await this.stop();
      const lines = readFileSync(this.spec.log, 'utf8').trimEnd().split('\n').slice(-10).join('\n');
      throw new Error(`topology '${this.topology.name}': ${(error as Error).message}\n${lines}`, {
        cause: error,
      });
    }
  }

  get running(): Running {
    return this.#running!;
  }

  async refresh(): Promise<Running> {
    return (this.#running = (await this.#call('running')) as Running);
  }

  /** Sets the milliseconds that the network between hosts adds to a round trip. */
  async setDelay(roundTrip: number): Promise<void> {
    await this.#call('setDelay', roundTrip);
  }

  /** Returns the bytes between hosts so far. */
  async bytes(): Promise<number> {
    return (await this.#call('bytes')) as number;
  }

  /** Starts one more process of a host. */
  async add(host: string, cores: string | undefined): Promise<Running> {
    return (this.#running = (await this.#call('add', host, cores)) as Running);
  }

  /**
   * Replaces a process by one at the same addresses.
   * @param code the built code that it runs; the same by default
   * @returns the milliseconds until the new process is ready
   */
  async restart(name: string, code?: string): Promise<number> {
    const { startMs, ...running } = (await this.#call('restart', name, code)) as Running & {
      startMs: number;
    };
    this.#running = running;
    return startMs;
  }

  /** Stops all processes. Idempotent. */
  stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    return this.#exited.promise;
  }

  async #call(method: Method, ...args: unknown[]): Promise<unknown> {
    if (!this.#child.connected) throw new Error('the deployment has ended');
    const id = (this.#lastId += 1);
    const pending = Promise.withResolvers<unknown>();
    this.#pending.set(id, pending);
    this.#child.send({ id, method, args });
    return pending.promise;
  }

  #settle({ id, value, error }: Reply): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) pending?.resolve(value);
    else pending?.reject(new Error(error));
  }
}
