/** Columns of a table in Markdown: a name, and what a row has there. */
export type Columns<Row> = readonly (readonly [name: string, cell: (row: Row) => string | number])[];

/** Lines of a table in Markdown, numbers to the right; none for no rows. */
export function markdown<Row>(columns: Columns<Row>, rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const cells = rows.map((row) => columns.map(([, cell]) => cell(row)));
  const isNumber = columns.map((_, at) => cells.every((row) => typeof row[at] === 'number'));
  const texts = [columns.map(([name]) => name), ...cells.map((row) => row.map(String))];
  const widths = columns.map((_, at) => Math.max(3, ...texts.map((row) => row[at]!.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((text, at) => (isNumber[at] ? text.padStart(widths[at]!) : text.padEnd(widths[at]!))).join(' | ')} |`;
  const rule = widths.map((width, at) => (isNumber[at] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [line(texts[0]!), line(rule), ...texts.slice(1).map(line)].join('\n');
}
