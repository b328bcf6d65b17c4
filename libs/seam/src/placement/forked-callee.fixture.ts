import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** Compiled by the build, since Node.js runs no decorators. */
const COMPILED = new URL('../../dist/placement/callee-process.fixture.js', import.meta.url);

/** The probe contract in an operating-system process of its own. */
export interface ForkedCallee {
  readonly address: string;
  readonly child: ChildProcess;
  /** What its observer called unexpected. */
  readonly errors: string[];
  /** Ends it in any state, and waits for its exit. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

export interface CalleeOptions {
  readonly port?: number;
  /** Lets another process listen at the same address. */
  readonly sharesPort?: true;
  readonly server?: object;
}

export async function forkCallee(options: CalleeOptions = {}): Promise<ForkedCallee> {
  const child = fork(COMPILED, [JSON.stringify(options)], { execArgv: [] });
  const errors: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  child.on('message', (message: { address?: string; errors?: string[] }) => {
    if (message.address !== undefined) resolve(message.address);
    errors.push(...(message.errors ?? []));
  });
  child.once('exit', (code, signal) => reject(new Error(`the callee ended with ${code ?? signal}`)));
  const address = await promise;
  return {
    address,
    child,
    errors,
    end: async (signal = 'SIGKILL') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    },
  };
}
