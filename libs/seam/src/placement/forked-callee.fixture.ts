import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

const file = (name: string) => new URL(name, import.meta.url);

/** The probe contract in an operating-system process of its own. */
export interface ForkedCallee {
  readonly address: string;
  readonly child: ChildProcess;
  /** What its observer called unexpected. */
  readonly errors: string[];
  /** Ends it, however it stands, and waits until it is gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

export async function forkCallee(options: { port?: number; server?: object } = {}): Promise<ForkedCallee> {
  const child = fork(file('callee-process.fixture.ts'), [JSON.stringify(options)], {
    execArgv: ['--no-warnings', '--import', file('typescript-hooks.fixture.ts').href],
  });
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
