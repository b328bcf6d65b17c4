import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/**
 * The environment of PostgreSQL and of the supervisor. Variables such as PGDATA, PGPORT and NODE_OPTIONS would change their
 * behaviour; macOS requires a locale. PATH is passed on, so it is no setting.
 */
export const minimalEnvironment = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], LC_ALL: 'C' });

/** Runs a command to its end. It inherits `fd` as descriptor 3; `output` combines its two output streams. */
export async function run(
  [command, ...args]: readonly string[],
  { input, fd }: { input?: string; fd?: number } = {},
): Promise<{ code: number | null; output: string }> {
  const child = spawn(command!, args, {
    env: minimalEnvironment(),
    stdio: ['pipe', 'pipe', 'pipe', fd ?? 'ignore'],
  });
  // A command that exits before it has read its input reports the reason in its output.
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
