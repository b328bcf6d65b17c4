import type { Command } from 'commander';
import type { CliContext } from '../context.js';
import { FindingsError } from '../findings-error.js';
import { applyChangeSet, type WriteOptions } from './apply-change-set.js';
import { formatFinding } from './finding.js';
import { inline } from './inline/inline.js';
import { moduleCommand } from './module-command.js';

/** `tearline inline MODULE [DIR]`. */
export function inlineCommand(context: CliContext): Command {
  const { note } = context;
  const description = 'Reverses extract: the callers of a module inject its services again.';
  return moduleCommand('inline', description).action(
    async (module: string, dir: string, options: WriteOptions) => {
      const { changes, findings, recorded } = await inline(dir, module, note);
      if (findings.length > 0) note(`In the way:\n${findings.map(formatFinding).join('\n')}`);
      if (findings.length > 0 && (!options.force || changes.changes.length === 0))
        throw new FindingsError(`${module} stays behind its contract. Nothing was written.`);
      await applyChangeSet(changes, { ...options, except: recorded }, context);
    },
  );
}
