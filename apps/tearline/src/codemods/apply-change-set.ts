import { createInterface } from 'node:readline/promises';
import type { CliContext } from '../context.js';
import { UsageError } from '../usage-error.js';
import type { ChangeSet } from './change-set.js';
import { requireCleanTree } from './git.js';

export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly force?: boolean;
  /** Files that need not be committed. */
  readonly except?: ReadonlySet<string>;
}

/** Prints the diff of a codemod, and writes it after a confirmation. */
export async function applyChangeSet(
  changes: ChangeSet,
  { dryRun, yes, force, except }: WriteOptions,
  { print, note, confirm }: CliContext,
): Promise<void> {
  if (changes.changes.length === 0) return note('Nothing to change.');
  print(changes.diff());
  if (dryRun) return note(`Not written: ${changes.summary()}.`);
  if (!force) requireCleanTree(changes.root, except);
  if (!yes && !(await (confirm ?? askOnTerminal)(`Write ${changes.summary()}? [y/N] `)))
    return note('Nothing was written.');
  changes.write();
  note(`Written: ${changes.summary()}.`);
}

async function askOnTerminal(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new UsageError('This is no terminal to ask on: pass --yes to write, or --dry-run');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim());
  } finally {
    terminal.close();
  }
}
