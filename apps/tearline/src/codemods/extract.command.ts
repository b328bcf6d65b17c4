import type { Command } from 'commander';
import type { CliContext } from '../context.js';
import { FindingsError } from '../findings-error.js';
import { applyChangeSet, type WriteOptions } from './apply-change-set.js';
import { extract } from './extract/extract.js';
import { formatFinding } from './finding.js';
import { moduleCommand } from './module-command.js';

/** `tearline extract MODULE [DIR]`. */
export function extractCommand(context: CliContext): Command {
  const { note } = context;
  const description = 'Writes a first contract of a module, and changes its callers to it.';
  return moduleCommand('extract', description).action(
    async (module: string, dir: string, options: WriteOptions) => {
      const { findings, changes, plan } = await extract(dir, module, { note, force: options.force });
      const obstacles = findings.filter(({ stops }) => stops);
      const reviews = findings.filter(({ stops }) => !stops);
      if (reviews.length > 0) note(`To review:\n${reviews.map(formatFinding).join('\n')}`);
      if (obstacles.length > 0) note(`In the way:\n${obstacles.map(formatFinding).join('\n')}`);
      if (obstacles.length > 0 && (!options.force || changes.changes.length === 0))
        throw new FindingsError(
          `${plan.module.className} was not extracted: ${obstacles.length} ${obstacles.length === 1 ? 'place is' : 'places are'} in the way. Nothing was written.`,
        );
      await applyChangeSet(changes, options, context);
    },
  );
}
