import { inspect } from 'node:util';
import { Command, CommanderError, InvalidArgumentError } from 'commander';

const FAILURE = 1;
const WRONG_USAGE = 2;

/** A command line or an environment that a program cannot run with. The message says how to correct it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Where a script writes. */
export interface ScriptOutput {
  /** Writes results, to standard output. */
  readonly print: (text: string) => void;
  /** Writes a line of progress or an error, to standard error. */
  readonly note: (line: string) => void;
}

/** Ends a script whose results cannot be written: without a word if their reader has left, as `head` does. */
function endWithoutOutput({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') process.exit(0);
  process.stderr.write(`standard output: ${message}\n`);
  process.exit(FAILURE);
}

/** Standard output for results, standard error for the rest. */
export const standardOutput: ScriptOutput = {
  print: (text) => {
    if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', endWithoutOutput);
    process.stdout.write(text);
  },
  note: (line) => void process.stderr.write(`${line}\n`),
};

/** Returns the command line of an npm script, to which the caller adds arguments, options and an action. */
export function script(name: string, { print, note }: ScriptOutput = standardOutput): Command {
  return new Command(name)
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: (text) => note(text.trimEnd()) })
    .configureHelp({ commandUsage: usageOf, helpWidth: 120 })
    .showHelpAfterError(`npm run ${name} -- --help lists the options`);
}

function usageOf(command: Command): string {
  const names: string[] = [];
  for (let each: Command | null = command; each; each = each.parent) names.unshift(each.name());
  const [name, ...subcommands] = names.length > 1 && names[0] === '<command>' ? names.slice(1) : names;
  return ['npm run', name, '--', ...subcommands, command.usage()].join(' ');
}

/** Parses an option or argument that is a whole number, for commander's `argParser`. */
export const wholeNumber = (min: number, max: number) => (text: string) => {
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || value < min || value > max)
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  return value;
};

/**
 * Runs a script and reports its errors.
 * @param usageErrors classes of errors that are the caller's mistake, in addition to {@link UsageError}
 * @returns the exit code: 0, 1 after a failure, 2 after a usage error
 */
export async function runScript(
  command: Command,
  args: readonly string[] = process.argv.slice(2),
  usageErrors: readonly (abstract new (...args: never[]) => Error)[] = [],
): Promise<number> {
  try {
    await command.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USAGE;
    const isUsageError = [UsageError, ...usageErrors].some((type) => error instanceof type);
    const isDetailed = !isUsageError && process.env['LOG_LEVEL'] === 'debug';
    command
      .configureOutput()
      .writeErr?.(
        `${isDetailed ? inspect(error) : isUsageError ? (error as Error).message : messageOf(error)}\n`,
      );
    return isUsageError ? WRONG_USAGE : FAILURE;
  }
}

/** The message of an error, with those of what caused it: `fetch failed` alone says nothing. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  if (!(cause instanceof Error) || message.includes(cause.message)) return message;
  return `${message}: ${messageOf(cause)}`;
}
