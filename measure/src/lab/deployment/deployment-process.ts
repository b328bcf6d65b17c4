/** Runs one deployment, and does what its parent calls. When the parent has gone, it stops everything. */
import { Deployment } from './deployment.js';
import type { DeploymentSpec } from './deployment-spec.js';

export type Method = 'start' | 'running' | 'setDelay' | 'bytes' | 'add' | 'restart';

export interface Call {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

let deployment: Deployment | undefined;

async function handle({ method, args }: Call): Promise<unknown> {
  if (method === 'start') {
    deployment = new Deployment(args[0] as DeploymentSpec);
    return deployment.start();
  }
  const run = deployment![method] as (...all: unknown[]) => unknown;
  return run.apply(deployment, [...args]);
}

const reply = (message: Reply) => void (process.connected && process.send!(message));

process.on('message', (call: Call) => {
  const { id } = call;
  handle(call).then(
    (value) => reply({ id, value }),
    (error: unknown) => reply({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => {
  const exit = () => process.exit(0);
  void Promise.resolve(deployment?.stop()).then(exit, exit);
});
// Ctrl-C reaches every process on the terminal; the parent stops this one by disconnecting.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
