/** A command line or an environment that a program cannot run with. The message says how to correct it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
