import { runScript, script } from '@tearline/process';
import { TopologyError } from '@tearline/topology';
import { type Command, InvalidArgumentError } from 'commander';
import { inspect } from 'node:util';

/** Returns the command of one npm script; `--help` describes it. */
export const npmScript = (name: string, description: string): Command =>
  script(name).description(description).allowExcessArguments(false);

/** Parses the command line, runs the action, undoes what it left however the run ends, and sets the exit code. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- commander types options as `any`; each caller names their shape
export async function runCommand<Options>(
  command: Command,
  action: (options: Options, cleanup: AsyncDisposableStack, args: readonly string[]) => Promise<void>,
): Promise<void> {
  const cleanup = new AsyncDisposableStack();
  let undone: Promise<void> | undefined;
  const undo = () => (undone ??= cleanup.disposeAsync().catch((error: unknown) => note(inspect(error))));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void undo().finally(() => process.exit(1)));
  command.action(async () => {
    try {
      await action(command.opts() as Options, cleanup, command.args);
    } catch (error) {
      // What fails because the cleanup stops it is not worth a message.
      if (!cleanup.disposed) throw error;
    }
  });
  const exitCode = await runScript(command, undefined, [TopologyError]);
  if (exitCode !== 0) process.exitCode = exitCode;
  await undo();
}

/** Parses an option's value as a number in a range. */
export const numberFrom = (min: number, max: number) => (text: string) => {
  const value = Number(text);
  if (text.trim() === '' || !(value >= min && value <= max))
    throw new InvalidArgumentError(`Expected a number from ${min} to ${max}.`);
  return value;
};

/** Parses an option's value as a number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
}

/** Parses an option's value as a whole number from 1. */
export const countUpTo = (max: number) => (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > max)
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${max}.`);
  return value;
};

export const count = countUpTo(1_000);
export const seconds = numberFrom(0.1, 600);

/** Parses an option's value as a comma-separated list of known names. */
export const listOf =
  <Name extends string>(names: readonly Name[]) =>
  (text: string): Name[] => {
    const unknown = text.split(',').filter((name) => !names.includes(name as Name));
    if (unknown.length > 0)
      throw new InvalidArgumentError(`No ${unknown.join(', ')}; expected ${names.join(', ')}.`);
    return names.filter((name) => text.split(',').includes(name));
  };

/** Writes a line about the progress to standard error. */
export const note = (line: string) => void process.stderr.write(`${line}\n`);

/** Fails the run when requests failed, since its figures mean nothing then. */
export function failOnErrors(errors: number): void {
  if (errors === 0) return;
  note(`${errors} requests failed; do not use these figures`);
  process.exitCode = 1;
}
