import { isDeclared, isSeamError, SeamError } from './errors.js';

/** What may leave a method: its declared errors and the built-in ones. Anything else stays in this process's log. */
export function toDeclaredError(thrown: unknown, declared: readonly string[]): SeamError {
  if (isSeamError(thrown) && isDeclared(thrown.code, declared)) return thrown;
  return new SeamError('internal', { cause: thrown });
}
