import { isSeamError } from '../call/errors.js';

/** Whether an error says that the owner could not be asked, or did not answer in time. */
export function isUnreachable(error: unknown): boolean {
  return isSeamError(error, 'unavailable') || isSeamError(error, 'deadline-exceeded');
}
