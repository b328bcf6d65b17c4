import type { ScriptOutput } from '@tearline/process';
import type { Environment } from '@tearline/settings';

/** The environment of a command, and where it writes. */
export interface LogsContext extends ScriptOutput {
  readonly env: Environment;
  /** Ends a command that goes on until then. */
  readonly signal: AbortSignal;
}
