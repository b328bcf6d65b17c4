import { escape } from './charts.js';
import type { Box, Diagram } from './document.js';

const [WIDTH, LEFT, BOX_WIDTH, GAP] = [720, 34, 560, 12];
const [HEAD, ITEM_HEIGHT, ITEM_GAP, PADDING] = [28, 26, 6, 10];
/** Of a letter of 13 pixels, on average. */
const LETTER_WIDTH = 7.4;
const MAX_BULGE = 110;
const ENTRY_HEIGHT = 30;

interface PlacedBox extends Box {
  readonly y: number;
  readonly height: number;
  readonly rows: readonly (readonly string[])[];
}

/** Returns an SVG picture: the boxes below each other, the entry with a line to each that it leads to, arrows between boxes at the right. */
export function diagramSvg({ title, entry, boxes, arrows }: Diagram): string {
  const placed = place(boxes);
  const last = placed.at(-1)!;
  const entered = placed.filter(({ isEntered }) => isEntered);
  const height = last.y + last.height + 2;
  const middle = ({ y, height: own }: PlacedBox) => y + own / 2;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(title)}">`,
    `<text class="label" x="2" y="19">${escape(entry)}</text>`,
    `<path class="link" d="M12 ${ENTRY_HEIGHT - 4}V${middle(entered.at(-1) ?? last)}"/>`,
    ...entered.map((box) => `<path class="link" d="M12 ${middle(box)}H${LEFT}"/>`),
    ...placed.flatMap(boxSvg),
    ...arrows.map(({ from, to }, index) => {
      const [one, other] = [from, to].map((name) => middle(placed.find((box) => box.name === name)!));
      return arrowSvg(one!, other!, `${from} → ${to}`, index % 6);
    }),
    '</svg>',
  ].join('\n');
}

function place(boxes: readonly Box[]): PlacedBox[] {
  let y = ENTRY_HEIGHT;
  return boxes.map((box) => {
    const rows = wrap(box.items);
    const height = HEAD + rows.length * (ITEM_HEIGHT + ITEM_GAP) + PADDING - ITEM_GAP;
    const placed = { ...box, rows, y, height };
    y += height + GAP;
    return placed;
  });
}

const widthOf = (item: string) => Math.round(item.length * LETTER_WIDTH) + 20;

/** Distributes items over rows of the box's width. */
function wrap(items: readonly string[]): string[][] {
  const rows: string[][] = [[]];
  let width = PADDING;
  for (const item of items) {
    width += widthOf(item) + ITEM_GAP;
    if (width > BOX_WIDTH - PADDING && rows.at(-1)!.length > 0) {
      rows.push([]);
      width = PADDING + widthOf(item) + ITEM_GAP;
    }
    rows.at(-1)!.push(item);
  }
  return rows;
}

function boxSvg({ name, note, rows, y, height }: PlacedBox): string[] {
  const items = rows.flatMap((row, index) => {
    const top = y + HEAD + index * (ITEM_HEIGHT + ITEM_GAP);
    let x = LEFT + PADDING;
    return row.flatMap((item) => {
      const width = widthOf(item);
      const left = x;
      x += width + ITEM_GAP;
      return [
        `<rect class="item" x="${left}" y="${top}" width="${width}" height="${ITEM_HEIGHT}" rx="4"/>`,
        `<text class="label" text-anchor="middle" x="${left + width / 2}" y="${top + 17}">${escape(item)}</text>`,
      ];
    });
  });
  return [
    `<rect class="box" x="${LEFT}" y="${y}" width="${BOX_WIDTH}" height="${height}" rx="6"/>`,
    `<text class="label strong" x="${LEFT + PADDING}" y="${y + 18}">${escape(name)}</text>`,
    `<text class="axis" text-anchor="end" x="${LEFT + BOX_WIDTH - PADDING}" y="${y + 18}">${escape(note)}</text>`,
    ...items,
  ];
}

/** Arrows with a longer way bulge further, so that they do not cover each other. */
function arrowSvg(from: number, to: number, title: string, place: number): string {
  const x = LEFT + BOX_WIDTH;
  const bulge = Math.min(MAX_BULGE, 24 + Math.abs(to - from) / 4);
  const [start, end] = to > from ? [from + 4 + place, to - 4 - place] : [from - 4 - place, to + 4 + place];
  const path = `M${x} ${start}C${x + bulge} ${start} ${x + bulge} ${end} ${x + 7} ${end}`;
  return (
    `<g class="arrow"><title>${escape(title)}</title><path class="line-${place}" d="${path}"/>` +
    `<path class="fill-${place}" d="M${x} ${end}l9 -4v8z"/></g>`
  );
}
