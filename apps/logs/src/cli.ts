import { runScript, script } from '@tearline/process';
import { SettingsError } from '@tearline/settings';
import type { LogsContext } from './context.js';
import { searchCommand } from './search/search.command.js';
import { serveCommand } from './serve/serve.command.js';

/**
 * Runs `npm run logs`.
 * @returns the exit code: 0, 1 after a failure, 2 after a usage error
 */
export function runLogs(args: readonly string[], context: LogsContext): Promise<number> {
  const program = script('logs', context)
    .description('Stores the log of all hosts, which reaches it through a stream, and searches it.')
    .helpCommand(false);
  for (const command of [serveCommand, searchCommand]) program.addCommand(command(context));
  return runScript(program, args, [SettingsError]);
}
