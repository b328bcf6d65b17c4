import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeploymentSpec, Running } from './deployment-spec.js';
import type { Reply, Method } from './deployment-process.js';

const ENTRY = join(import.meta.dirname, 'process.js');

/** A deployment in a process of its own, which does not disturb the one that measures. */
export class RemoteDeployment {
  readonly #child: ChildProcess = fork(ENTRY);
  readonly #gone = Promise.withResolvers<void>();
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #last = 0;
  #running: Running | undefined;

  private constructor() {
    this.#child.on('message', (answered: Reply) => this.#settle(answered));
    // One that ends meanwhile tells by its end.
    this.#child.on('error', () => undefined);
    this.#child.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the deployment has ended'));
      this.#gone.resolve();
    });
  }

  /** @throws Error when a process does not start */
  static async start(plan: DeploymentSpec): Promise<RemoteDeployment> {
    const deployment = new RemoteDeployment();
    try {
      deployment.#running = (await deployment.#ask('start', plan)) as Running;
    } catch (error) {
      await deployment.stop();
      const lines = readFileSync(plan.log, 'utf8').trimEnd().split('\n').slice(-10).join('\n');
      throw new Error(`topology '${plan.topology.name}': ${(error as Error).message}\n${lines}`, {
        cause: error,
      });
    }
    return deployment;
  }

  /** As it was when it was last asked or changed. */
  get running(): Running {
    return this.#running!;
  }

  /** Its processes now: those that died have been followed by others. */
  async refresh(): Promise<Running> {
    return (this.#running = (await this.#ask('running')) as Running);
  }

  async delay(roundTrip: number): Promise<void> {
    await this.#ask('delay', roundTrip);
  }

  async bytes(): Promise<number> {
    return (await this.#ask('bytes')) as number;
  }

  async add(host: string, cores: string | undefined): Promise<Running> {
    return (this.#running = (await this.#ask('add', host, cores)) as Running);
  }

  async roll(module: string, code: string): Promise<Running> {
    return (this.#running = (await this.#ask('roll', module, code)) as Running);
  }

  /** Safe to call again. */
  stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    return this.#gone.promise;
  }

  async #ask(question: Method, ...args: unknown[]): Promise<unknown> {
    if (!this.#child.connected) throw new Error('the deployment has ended');
    const id = (this.#last += 1);
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#child.send({ id, question, args });
    return waiting.promise;
  }

  #settle({ id, value, error }: Reply): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error));
  }
}
