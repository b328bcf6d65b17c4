import { parseArgs } from 'node:util';
import { UsageError } from '@tearline/process';
import type { Command, OptionValues, CliContext } from './command.js';
import { events } from './events.command.js';
import { keys } from './keys.command.js';
import { migrateCommand } from './migrate.command.js';
import { reset } from './reset.command.js';
import { secrets } from './secrets.command.js';
import { seed } from './seed.command.js';

const FAILURE = 1;
const WRONG_USAGE = 2;

const commands = new Map<string, Command>([
  ['migrate', migrateCommand],
  ['seed', seed],
  ['reset', reset],
  ['events', events],
  ['keys', keys],
  ['secrets', secrets],
]);

const HELP = `npm run <command> [-- <options>]

${[...commands].map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}`).join('\n')}

npm run <command> -- --help tells more.
`;

/**
 * Runs one command.
 * @param args what stands behind the program's name: the command, then its options
 * @returns the exit code: 0, 1 when it failed, 2 when it was not asked properly
 */
export async function runCli(args: readonly string[], surroundings: CliContext): Promise<number> {
  const [name = '', ...rest] = args;
  try {
    if (['--help', '-h', 'help'].includes(name)) {
      surroundings.print(HELP);
      return 0;
    }
    const command = commands.get(name);
    if (!command) throw new UsageError(`${name ? `no command '${name}'` : 'which command?'}\n\n${HELP}`);
    const { values: given, positionals } = parsed(rest, name, command);
    const { help, ...values } = given;
    if (help) surroundings.print(command.help);
    else await command.run(values, surroundings, positionals);
    return 0;
  } catch (error) {
    surroundings.note(error instanceof Error ? error.message : String(error));
    return error instanceof UsageError ? WRONG_USAGE : FAILURE;
  }
}

function parsed(
  args: string[],
  name: string,
  { options, takesArguments: allowPositionals = false }: Command,
): { values: OptionValues; positionals: string[] } {
  try {
    return parseArgs({
      args,
      allowPositionals,
      options: { ...options, help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    // Node's second sentence is about positional arguments, and only confuses.
    const [mistake] = (error as Error).message.split('. ');
    throw new UsageError(`${mistake}; npm run ${name} -- --help lists the options`, { cause: error });
  }
}
