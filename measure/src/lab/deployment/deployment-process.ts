/** Runs one deployment, and does what its parent asks; when that is gone, nothing stays. */
import { Deployment } from './deployment.js';
import type { DeploymentSpec } from './deployment-spec.js';

/** What the parent may ask, by name. */
export type Method = 'start' | 'running' | 'delay' | 'bytes' | 'add' | 'roll' | 'stop';

export interface Call {
  readonly id: number;
  readonly question: Method;
  readonly args: readonly unknown[];
}

export interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

let deployment: Deployment | undefined;

async function answer({ question, args }: Call): Promise<unknown> {
  if (question === 'start') {
    deployment = new Deployment(args[0] as DeploymentSpec);
    return deployment.start();
  }
  const method = deployment![question] as (...all: unknown[]) => unknown;
  return method.apply(deployment, [...args]);
}

function say(answered: Reply): void {
  // A parent that has gone waits for no answer.
  if (process.connected) process.send?.(answered);
}

process.on('message', (asked: Call) => {
  const { id } = asked;
  answer(asked).then(
    (value) => say({ id, value }),
    (error: unknown) => say({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => {
  const end = () => process.exit(0);
  void Promise.resolve(deployment?.stop()).then(end, end);
});
// Ctrl-C reaches everybody on the terminal; the parent ends this one in order.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
