/**
 * Loaded before a process's own code (`node --import`), it notes every file that the process loads, in
 * `<LOADED_FILES>/<pid>`. Node runs it as it is, types stripped.
 */
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';

const folder = process.env['LOADED_FILES'];
if (folder)
  registerHooks({
    load: (url, context, next) => {
      appendFileSync(join(folder, String(process.pid)), `${url}\n`);
      return next(url, context);
    },
  });
