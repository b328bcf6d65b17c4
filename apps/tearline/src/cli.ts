import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { analyzeCommand } from './analyze/analyze.command.js';
import { extractCommand } from './codemods/extract.command.js';
import { initCommand } from './codemods/init.command.js';
import { inlineCommand } from './codemods/inline.command.js';
import type { CliContext } from './context.js';
import { FindingsError } from './findings-error.js';
import { UsageError } from './usage-error.js';

const FINDINGS = 1;
const FAILURE = 2;

const commands = [analyzeCommand, initCommand, extractCommand, inlineCommand];

/**
 * Runs one command.
 * @param args the command's name, then its arguments
 * @returns the exit code: 0, 1 when the command found what it was to fail on, 2 after a usage error or a failure
 */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  const { print, note } = context;
  const program = new Command('tearline')
    .description('Takes the modules of a NestJS application apart, and puts them together again.')
    .version(version())
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: (text) => note(text.trimEnd()) })
    .configureHelp({ helpWidth: 120 })
    .helpCommand(false);
  for (const command of commands) {
    const added = command(context).copyInheritedSettings(program);
    program.addCommand(added.showHelpAfterError(`npx tearline ${added.name()} --help lists the options`));
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : FAILURE;
    if (error instanceof FindingsError) {
      note(error.message);
      return FINDINGS;
    }
    note(error instanceof UsageError ? error.message : String(error instanceof Error ? error.stack : error));
    return FAILURE;
  }
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
