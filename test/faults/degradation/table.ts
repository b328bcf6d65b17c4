import { readFileSync } from 'node:fs';
import type { Outcome } from './outcome.js';
import type { Outcomes } from './observe.js';
import type { Operation } from './site.js';

export const PAGE = 'docs/guide/degradation.md';
const BEGIN = '<!-- outcomes: npm run degradation -->';
const END = '<!-- /outcomes -->';

const CELLS: Readonly<Record<Outcome, string>> = { works: '', degrades: 'degrades', fails: '**fails**' };

/** Returns the page with other outcomes. @param byModule the outcomes while each module is away */
export function withOutcomes(
  page: string,
  operations: readonly Operation[],
  byModule: ReadonlyMap<string, Outcomes>,
): string {
  const modules = [...byModule.keys()];
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rows = [
    row(['while this module is away:', ...modules]),
    row(['---', ...modules.map(() => '---')]),
    ...operations.map(({ name }) =>
      row([`\`${name}\``, ...modules.map((module) => CELLS[byModule.get(module)![name]!])]),
    ),
  ];
  const [before] = page.split(BEGIN);
  const [, after] = page.split(END);
  return `${before}${BEGIN}\n\n${rows.join('\n')}\n\n${END}${after}`;
}

/** Returns the outcomes in the guide while a module is away. */
export function documentedOutcomes(module: string): Outcomes {
  const [, table = ''] = readFileSync(PAGE, 'utf8').split(BEGIN);
  const [head = [], , ...rows] = table
    .split(END)[0]!
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const column = head.indexOf(module);
  const outcomeOf = (cell: string) =>
    (Object.keys(CELLS) as Outcome[]).find((outcome) => CELLS[outcome] === cell)!;
  return Object.fromEntries(rows.map((cells) => [cells[1]!.replaceAll('`', ''), outcomeOf(cells[column]!)]));
}
