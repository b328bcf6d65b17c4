import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from './find-program.js';

/** Returns the path of nginx. @throws UsageError with the installation command when nginx is not in `PATH` */
export const findNginx = (path = ''): Promise<string> =>
  findProgram(
    'nginx',
    path,
    '`apt install nginx-light` (Debian, Ubuntu), `dnf install nginx` (Fedora) or `brew install nginx` (macOS)',
  );

/** Writes a configuration into a folder, and returns the command that runs nginx there. */
export async function nginxCommand(
  nginx: string,
  folder: string,
  configuration: string,
): Promise<[program: string, ...args: string[]]> {
  await mkdir(join(folder, 'tmp'), { recursive: true });
  const file = join(folder, 'nginx.conf');
  await writeFile(file, configuration);
  return [nginx, '-p', folder, '-c', file, '-e', 'stderr'];
}
