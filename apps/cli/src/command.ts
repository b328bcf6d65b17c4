import type { ParseArgsOptionsConfig } from 'node:util';

export type Environment = Readonly<Record<string, string | undefined>>;
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

/** Where a command reads its settings and writes what it has to say. */
export interface CliContext {
  readonly env: Environment;
  /** Results, on standard output. */
  readonly print: (text: string) => void;
  /** What goes on meanwhile, on standard error. */
  readonly note: (line: string) => void;
  /** Rewrites the last line of a terminal; undefined where there is none. */
  readonly rewrite?: (line: string) => void;
}

/** One thing the command line does. */
export interface Command {
  /** For the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /** `--help` comes on top. */
  readonly options: ParseArgsOptionsConfig;
  /** Whether it takes anything but options. */
  readonly takesArguments?: boolean;
  /**
   * @param args what is no option, in its order
   * @throws UsageError when the options or the environment are wrong
   */
  run(values: OptionValues, surroundings: CliContext, args: readonly string[]): Promise<void>;
}
