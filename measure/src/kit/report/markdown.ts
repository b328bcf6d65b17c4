import type { Document, Part } from './document.js';

/** Returns the report as Markdown; charts are left out. */
export function markdown({ title, sections }: Document): string {
  const parts = sections.flatMap((section) => [`## ${section.title}`, ...section.parts.flatMap(partOf)]);
  return `${[`# ${title}`, ...parts].join('\n\n')}\n`;
}

function partOf(part: Part): string[] {
  if (typeof part === 'string') return [part];
  if ('boxes' in part) return [`**${part.title}**`, `\`\`\`mermaid\n${part.mermaid}\n\`\`\``];
  return 'rows' in part ? [table(part.head, part.rows)] : [];
}

const TEXT_COLUMNS = 2;

/** Returns a Markdown table that is also readable as plain text. The first two columns are aligned left. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) => {
    const padded = cells.map((cell, column) =>
      column < TEXT_COLUMNS ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    );
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, column) =>
    column < TEXT_COLUMNS ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

/** A column of a table: its title, and its cell for a row. */
export type Column<Row> = readonly [title: string, cell: (row: Row) => string];

export const tableOfColumns = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]) =>
  table(
    columns.map(([title]) => title),
    rows.map((row) => columns.map(([, cell]) => cell(row))),
  );

export const ms = (value: number) => value.toFixed(value >= 10 ? 1 : 2);
export const ratio = (value: number) => `× ${value.toFixed(2)}`;
export const percent = (share: number, digits = 0) => `${(100 * share).toFixed(digits)} %`;
export const verdict = (isMet: boolean) => (isMet ? 'met' : 'missed');
