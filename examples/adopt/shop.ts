import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const built = new URL('../../dist/examples/adopt/', import.meta.url);

/** One process of the example, as `npm run build` has built it. */
export class ShopProcess {
  readonly #exit: Promise<unknown[]>;

  private constructor(
    readonly child: ChildProcess,
    /** Where it answers HTTP. */
    readonly url: string,
  ) {
    this.#exit = once(child, 'exit');
  }

  /** Starts `before` or `after` and waits until it listens. */
  static async start(app: 'before' | 'after', env: NodeJS.ProcessEnv = {}): Promise<ShopProcess> {
    const child = spawn(process.execPath, [fileURLToPath(new URL(`${app}/main.js`, built))], {
      env: { PATH: process.env['PATH'], PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /^listening on (.*)$/.exec(line)?.[1];
      if (url !== undefined) return new ShopProcess(child, url);
    }
    throw new Error(`${app} did not start; was it built?`);
  }

  /** @returns the exit code, or the signal that ended it */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<unknown> {
    this.child.kill(signal);
    const [code, killedBy] = await this.#exit;
    return code ?? killedBy;
  }
}

/** Returns a port that no process listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}
