/** The command cannot run as it was asked to; the message names the mistake and what to do instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
