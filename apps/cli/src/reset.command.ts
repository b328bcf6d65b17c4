import { resetEmbedded } from '@tearline/embedded';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '@tearline/process';
import type { Command } from './command.js';
import { folderOf } from './database.js';

export const reset: Command = {
  summary: 'removes the data of the embedded database',
  help: `npm run reset

Removes the data of the embedded database in TEARLINE_DIR (.tearline); the next start makes it anew. Refuses while it
runs, and while DATABASE_URL is set, since it never touches any other database.
`,
  options: {},
  run: async (_, { env, print }) => {
    if (env['DATABASE_URL'])
      throw new UsageError(
        'DATABASE_URL is set, but reset only clears the embedded database; unset it to do so, or drop that database yourself',
      );
    const data = join(folderOf(env), 'postgres');
    const there = existsSync(data);
    await resetEmbedded(folderOf(env));
    print(there ? `Removed ${data} with all its data.\n` : `Nothing to remove: there is no ${data}.\n`);
  },
};
