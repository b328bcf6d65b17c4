import type { ScriptOutput } from '@tearline/process';
import type { Environment } from '@tearline/settings';

/** The environment of a command, and where it writes. */
export interface CliContext extends ScriptOutput {
  readonly env: Environment;
  /** Rewrites the last line of a terminal; undefined without a terminal. */
  readonly rewrite?: (line: string) => void;
}
