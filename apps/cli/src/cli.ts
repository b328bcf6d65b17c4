import { runScript, script } from '@tearline/process';
import { SettingsError } from '@tearline/settings';
import type { CliContext } from './context.js';
import { dataCommand } from './data.command.js';
import { eventsCommand } from './events.command.js';
import { keysCommand } from './keys.command.js';
import { memoryCommand } from './memory.command.js';
import { migrateCommand } from './migrate.command.js';
import { resetCommand } from './reset.command.js';
import { secretsCommand } from './secrets.command.js';
import { seedCommand } from './seed.command.js';

const commands = [
  migrateCommand,
  seedCommand,
  resetCommand,
  eventsCommand,
  dataCommand,
  memoryCommand,
  keysCommand,
  secretsCommand,
];

/**
 * Runs one command.
 * @param args the command's name, then its arguments
 * @returns the exit code: 0, 1 after a failure, 2 after a usage error
 */
export function runCli(args: readonly string[], context: CliContext): Promise<number> {
  const program = script('<command>', context).helpCommand(false);
  for (const command of commands) program.addCommand(command(context));
  return runScript(program, args, [SettingsError]);
}
