/** Where a command writes. */
export interface CliContext {
  /** Writes results, to standard output. */
  readonly print: (text: string) => void;
  /** Writes a line of progress or an error, to standard error. */
  readonly note: (line: string) => void;
  /** The stream of results, which decides on colours; without it there are none. */
  readonly stdout?: NodeJS.WriteStream;
  /** Asks before files are written; on the terminal by default. */
  readonly confirm?: (question: string) => Promise<boolean>;
}
