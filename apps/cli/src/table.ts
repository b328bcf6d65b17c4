type Cell = string | number;

const WIDEST = 80;

/** Lines of text, a column for each heading; numbers stand to the right, and of a long text its beginning is shown. */
export function tableOf(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [headings, ...rows.map((row) => row.map(cellOf))];
  const columns = headings.map((_, index) => ({
    width: Math.max(...lines.map((line) => line[index]!.length)),
    isNumber: typeof rows[0]?.[index] === 'number',
  }));
  const textOf = (line: readonly string[]) =>
    columns
      .map(({ width, isNumber }, index) =>
        isNumber ? line[index]!.padStart(width) : line[index]!.padEnd(width),
      )
      .join('  ')
      .trimEnd();
  return `${lines.map(textOf).join('\n')}\n`;
}

/** One line, without anything that would move a terminal's cursor. */
function cellOf(cell: Cell): string {
  const [line = ''] = String(cell).split('\n');
  const plain = line.replaceAll(/\p{Cc}/gu, ' ');
  return plain.length > WIDEST ? `${plain.slice(0, WIDEST - 1)}…` : plain;
}
