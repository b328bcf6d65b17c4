import { resetEmbedded } from '@tearline/embedded';
import { script, UsageError } from '@tearline/process';
import { isSet } from '@tearline/settings';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CliContext } from './context.js';
import { folderOf } from './database.js';

export const resetCommand = ({ env, ...output }: CliContext) =>
  script('reset', output)
    .summary('removes the data of the embedded database')
    .description(
      `Removes the data of the embedded database in TEARLINE_DIR (.tearline); the next start creates it again. Refuses while
the database runs, and while DATABASE_URL is set, because it never touches any other database.`,
    )
    .action(async () => {
      if (isSet('DATABASE_URL', env))
        throw new UsageError(
          'DATABASE_URL is set, but reset only clears the embedded database; unset it, or drop that database yourself',
        );
      const data = join(folderOf(env), 'postgres');
      const existed = existsSync(data);
      await resetEmbedded(folderOf(env));
      output.print(
        existed ? `Removed ${data} with all its data.\n` : `Nothing to remove: there is no ${data}.\n`,
      );
    });
