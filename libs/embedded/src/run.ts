import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/**
 * What PostgreSQL may see of our environment. Variables such as PGDATA or PGPORT would change what it does, NODE_OPTIONS
 * what the guardian does, and macOS wants a locale to be set.
 */
export const plainEnvironment = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], LC_ALL: 'C' });

/** Runs a command to its end. `fd` reaches it as descriptor 3; `output` is what it wrote on both streams. */
export async function run(
  [command, ...args]: readonly string[],
  { input, fd }: { input?: string; fd?: number } = {},
): Promise<{ code: number | null; output: string }> {
  const child = spawn(command!, args, {
    env: plainEnvironment(),
    stdio: ['pipe', 'pipe', 'pipe', fd ?? 'ignore'],
  });
  // A command that ends before it has read its input says why on its own streams.
  child.stdin!.on('error', () => undefined).end(input);
  const code = new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'ENOENT'
          ? new Error(`${command} is not installed: the embedded PostgreSQL needs it (package util-linux).`)
          : error,
      );
    });
  });
  const [ended, stdout, stderr] = await Promise.all([code, text(child.stdout!), text(child.stderr!)]);
  return { code: ended, output: `${stdout}${stderr}`.trim() };
}
