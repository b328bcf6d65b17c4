import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { UsageError } from './script.js';

const ELSEWHERE = [
  '/usr/sbin',
  '/usr/local/sbin',
  '/opt/homebrew/bin',
  '/opt/homebrew/sbin',
  '/usr/local/bin',
];

/**
 * Returns the path of a program.
 * @param installation says how to install it
 * @throws UsageError when it is not in `PATH`
 */
export async function findProgram(program: string, path: string, installation: string): Promise<string> {
  const found = await first(program, path.split(delimiter));
  if (found) return found;
  const hidden = await first(program, ELSEWHERE);
  throw new UsageError(
    hidden
      ? `${program} is installed as ${hidden}, but not in PATH; run with PATH=$PATH:${hidden.slice(0, -program.length - 1)}`
      : `${program} is not installed, or not in PATH. Install it with ${installation}.`,
  );
}

async function first(program: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const file = join(folder, program);
    if (folder !== '' && (await isExecutable(file))) return file;
  }
  return undefined;
}

export const isExecutable = (file: string) =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
