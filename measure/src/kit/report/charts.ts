import type { Chart } from './document.js';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escapes text for HTML, attributes included. */
export const escape = (text: string) => text.replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign]!);

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [720, 260, 56, 36, 12];
const PLOT = { width: WIDTH - LEFT - 8, height: HEIGHT - BOTTOM - TOP };

/** Returns an SVG picture; the page's style has its colours. */
export function svg(chart: Chart): string {
  const top = roundUp(highest(chart));
  const y = (value: number) => TOP + PLOT.height * (1 - value / top);
  const body = chart.kind === 'lines' ? lines(chart, y) : bars(chart, y);
  const label = `${chart.title}, ${chart.unit}`;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(label)}">`,
    ...grid(top, y),
    ...body,
    ...chart.labels.map(
      (text, index) =>
        `<text class="axis" text-anchor="middle" x="${xOf(chart, index)}" y="${HEIGHT - 14}">${escape(text)}</text>`,
    ),
    '</svg>',
  ].join('\n');
}

/** Returns the names of a chart's series beside their colours. */
export function legend({ series }: Chart): string {
  const names = series.map(
    ({ name }, index) => `<span><i class="fill-${index % 6}"></i>${escape(name)}</span>`,
  );
  return `<p class="legend">${names.join('')}</p>`;
}

function highest({ kind, labels, series }: Chart): number {
  const sums = labels.map((_, index) => series.reduce((sum, { values }) => sum + known(values[index]), 0));
  const each = series.flatMap(({ values, spreads = [] }) =>
    values.map((value, index) => known(value) + known(spreads[index])),
  );
  return Math.max(0, ...(kind === 'stacks' ? sums : each));
}

const known = (value: number | undefined) => (value !== undefined && Number.isFinite(value) ? value : 0);

/** Returns the next number above with one digit: 1, 2, 5, 10 … */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 3, 4, 5, 6, 8].find((factor) => factor * power >= value) ?? 10);
}

/** Returns the x coordinate of a label. */
function xOf({ labels, positions }: Chart, index: number): number {
  const share = positions
    ? 0.08 + (0.84 * positions[index]!) / Math.max(...positions)
    : (index + 0.5) / labels.length;
  return round(LEFT + share * PLOT.width);
}

const round = (value: number) => Math.round(value * 10) / 10;

function grid(top: number, y: (value: number) => number): string[] {
  return [0, 0.25, 0.5, 0.75, 1].flatMap((part) => {
    const height = round(y(part * top));
    return [
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - 8}" y1="${height}" y2="${height}"/>`,
      `<text class="axis" text-anchor="end" x="${LEFT - 6}" y="${height + 4}">${tick(part * top)}</text>`,
    ];
  });
}

const tick = (value: number) =>
  value >= 100 || value === 0 ? value.toFixed(0) : `${Number(value.toPrecision(3))}`;

function bars(chart: Chart, y: (value: number) => number): string[] {
  const { kind, labels, series } = chart;
  const room = (PLOT.width / labels.length) * 0.7;
  const width = round(kind === 'stacks' ? Math.min(room, 120) : Math.min(room / series.length, 60));
  return labels.flatMap((label, index) => {
    let below = 0;
    return series.flatMap(({ name, values, spreads }, place) => {
      const value = known(values[index]);
      const bottom = kind === 'stacks' ? below : 0;
      below += value;
      const whole = kind === 'stacks' ? width : width * series.length;
      const x = round(xOf(chart, index) - whole / 2 + (kind === 'stacks' ? 0 : place * width));
      const height = round(y(bottom) - y(bottom + value));
      const title = `${label}, ${name}: ${value.toPrecision(3)} ${chart.unit}`;
      const bar =
        `<rect class="fill-${place % 6}" x="${x}" y="${round(y(bottom + value))}" width="${round(width - 2)}" ` +
        `height="${height}"><title>${escape(title)}</title></rect>`;
      return [bar, ...whisker(round(x + width / 2 - 1), value, known(spreads?.[index]), y)];
    });
  });
}

function whisker(x: number, value: number, spread: number, y: (value: number) => number): string[] {
  if (spread === 0) return [];
  const [high, low] = [round(y(value + spread)), round(y(Math.max(0, value - spread)))];
  return [`<line class="whisker" x1="${x}" x2="${x}" y1="${high}" y2="${low}"/>`];
}

function lines(chart: Chart, y: (value: number) => number): string[] {
  return chart.series.flatMap(({ name, values }, place) => {
    const points = values.map((value, index) => [xOf(chart, index), round(y(known(value))), value] as const);
    const path = points.map(([x, height]) => `${x},${height}`).join(' ');
    return [
      `<polyline class="line-${place % 6}" points="${path}"/>`,
      ...points.map(
        ([x, height, value]) =>
          `<circle class="fill-${place % 6}" cx="${x}" cy="${height}" r="4"><title>${escape(`${name}: ${value.toPrecision(3)} ${chart.unit}`)}</title></circle>`,
      ),
    ];
  });
}
