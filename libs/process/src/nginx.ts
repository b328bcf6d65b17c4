import { constants } from 'node:fs';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { UsageError } from './script.js';

const ELSEWHERE = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin', '/usr/local/bin'];

/** Returns the path of nginx. @throws UsageError with the installation command when nginx is not in `PATH` */
export async function findNginx(path = ''): Promise<string> {
  const found = await firstNginx(path.split(delimiter));
  if (found) return found;
  const hidden = await firstNginx(ELSEWHERE);
  throw new UsageError(
    hidden
      ? `nginx is installed as ${hidden}, but not in PATH; run with PATH=$PATH:${hidden.slice(0, -'/nginx'.length)}`
      : 'nginx is not installed, or not in PATH. Install it with `apt install nginx-light` (Debian, Ubuntu), ' +
          '`dnf install nginx` (Fedora) or `brew install nginx` (macOS).',
  );
}

async function firstNginx(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const file = join(folder, 'nginx');
    if (
      folder !== '' &&
      (await access(file, constants.X_OK).then(
        () => true,
        () => false,
      ))
    )
      return file;
  }
  return undefined;
}

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
