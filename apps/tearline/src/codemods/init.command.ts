import { Command } from 'commander';
import type { CliContext } from '../context.js';
import { applyChangeSet, type WriteOptions } from './apply-change-set.js';
import { formatFinding } from './finding.js';
import { init } from './init/init.js';

/** `tearline init [DIR]`. */
export function initCommand(context: CliContext): Command {
  const { note } = context;
  return new Command('init')
    .description('Adds the seam to an application: its root module, main.ts and .env.example.')
    .argument('[dir]', 'folder of the application', '.')
    .option('--dry-run', 'prints the diff and writes nothing')
    .option('--yes', 'writes without asking')
    .option('--force', 'writes also into files that are not committed')
    .action(async (dir: string, options: WriteOptions) => {
      const { changes, findings } = await init(dir);
      if (findings.length > 0) note(`To do by hand:\n${findings.map(formatFinding).join('\n')}`);
      await applyChangeSet(changes, options, context);
    });
}
