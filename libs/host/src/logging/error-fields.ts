/** An error as the log has it. */
export interface ErrorFields {
  type: string;
  message: string;
  code?: string;
  /** Includes the stacks of the causes. */
  stack: string;
}

/**
 * Returns the properties of an error that may be logged. Others can be confidential: database errors have the parameters
 * of the query, errors of HTTP clients the headers of the request.
 */
export function errorFields(thrown: unknown): ErrorFields | { message: string } {
  if (!(thrown instanceof Error)) return { message: String(thrown) };
  const { code } = thrown as { code?: unknown };
  return {
    type: thrown.name,
    message: thrown.message,
    ...(typeof code === 'string' && { code }),
    stack: stackOf(thrown, new Set()),
  };
}

function stackOf(error: Error, seen: Set<Error>): string {
  seen.add(error);
  const own = error.stack ?? `${error.name}: ${error.message}`;
  if (!(error.cause instanceof Error) || seen.has(error.cause)) return own;
  return `${own}\ncaused by: ${stackOf(error.cause, seen)}`;
}
