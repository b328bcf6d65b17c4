/** A command line, or an application, that a command cannot work with. The message says how to correct it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
