import { resetEmbedded } from '@tearline/embedded';
import { script, UsageError } from '@tearline/process';
import { isSet } from '@tearline/settings';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CliContext } from './context.js';
import { folderOf } from './database.js';

export const resetCommand = ({ env, ...output }: CliContext) =>
  script('reset', output)
    .summary('removes the data of the embedded database, and its pictures')
    .description(
      `Removes the data of the embedded database and the media files in TEARLINE_DIR (.tearline); the next start creates
them again. Refuses while the database runs, and while DATABASE_URL is set, because it never touches any other database.
Keys, and files in MEDIA_DIR, stay.`,
    )
    .action(async () => {
      if (isSet('DATABASE_URL', env))
        throw new UsageError(
          'DATABASE_URL is set, but reset only clears the embedded database; unset it, or drop that database yourself',
        );
      const folder = folderOf(env);
      const folders = ['postgres', 'media'].map((name) => join(folder, name));
      const existing = folders.filter((each) => existsSync(each));
      await resetEmbedded(folder);
      await rm(join(folder, 'media'), { recursive: true, force: true });
      output.print(
        existing.length > 0
          ? `Removed ${existing.join(' and ')} with all data.\n`
          : `Nothing to remove: there is no ${folders.join(' and no ')}.\n`,
      );
    });
