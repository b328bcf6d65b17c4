import { spawnSync } from 'node:child_process';
import { relative, resolve } from 'node:path';
import { UsageError } from '../usage-error.js';

/**
 * Requires that every file of a folder is committed, so that a codemod's change can be seen and undone.
 * @param except absolute paths of files that may be as they are
 */
export function requireCleanTree(directory: string, except: ReadonlySet<string> = new Set()): void {
  const top = git(directory, 'rev-parse', '--show-toplevel')?.trimEnd();
  const status = git(
    directory,
    'status',
    '--porcelain',
    '-z',
    '--untracked-files=all',
    '--no-renames',
    '--',
    '.',
  );
  if (top === undefined || status === undefined)
    throw new UsageError(
      `${directory} is not under git; commit it first, so that the change can be undone, or pass --force`,
    );
  const files = status
    .split('\0')
    .filter(Boolean)
    .map((line) => resolve(top, line.slice(3)))
    .filter((file) => !except.has(file));
  if (files.length > 0)
    throw new UsageError(
      `${files.length === 1 ? 'A file is' : `${files.length} files are`} not committed (${relative(directory, files[0]!)}); commit or stash first, or pass --force`,
    );
}

function git(cwd: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd, encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}
