import type { Span } from '@tearline/seam';

/** The first word, or the two of `start transaction`. */
const OPERATION = /^\s*(start\s+transaction|\w+)/i;

/** A text, or a number that is no part of a name or a parameter. */
const LITERAL = /'(?:[^']|'')*'|(?<![\w$])\d+(?:\.\d+)?/g;

/**
 * Starts the span of a SQL statement. Values are parameters; a statement that is not prepared may have some in its text, which are left
 * out.
 * @param statement text, or text with the name of a prepared statement
 */
export function startStatement(
  parent: Span,
  module: string,
  statement: string | { readonly name?: string; readonly text: string },
): Span {
  const { name, text } = typeof statement === 'string' ? { name: undefined, text: statement } : statement;
  const operation = OPERATION.exec(text)?.[1]?.toUpperCase() ?? 'SQL';
  return parent.startChild({
    name: name ?? `${operation} ${module}`,
    kind: 'client',
    attributes: {
      'db.system.name': 'postgresql',
      'db.operation.name': operation,
      'db.query.text': name === undefined ? text.replaceAll(LITERAL, '?') : text,
      ...(name !== undefined && { 'db.query.summary': name }),
      'tearline.module': module,
    },
  });
}
