/** What the log keeps of an error. */
export interface ErrorFields {
  type: string;
  message: string;
  code?: string;
  /** With the causes. */
  stack: string;
}

/**
 * An error for the log: a chosen few of its properties. A database's error carries the query's parameters, an HTTP
 * client's the request with its headers, and neither belongs there.
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
