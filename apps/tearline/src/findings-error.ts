/** A command did its work and found what the caller asked it to fail on. */
export class FindingsError extends Error {
  override readonly name = 'FindingsError';
}
