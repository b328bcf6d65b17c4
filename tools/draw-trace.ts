/**
 * Draws a trace: collects what hosts send to port 4318 until it is interrupted (Ctrl+C), and writes the trace with the most spans as
 * SVG. Node runs this file as it is: erasable syntax only.
 *
 *   node tools/draw-trace.ts docs/images/trace.svg
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type CollectedSpan, startTraceCollector } from '../test/support/trace-collector.ts';

const PORT = 4318;
const ROW = 20;
const NAMES = 400;
const BARS = 440;
const STYLE = `
  text { font: 12px ui-monospace, monospace; fill: #1f2933 } .note { fill: #5d6b7a } rect { rx: 2 }
  .server { fill: #2f6fdb } .client { fill: #8fb4f0 } .producer, .consumer { fill: #d9822b } .internal { fill: #93a1b1 }
  @media (prefers-color-scheme: dark) { text { fill: #e4eaf1 } .note { fill: #93a1b1 } }
`;
const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer'];

const nanoseconds = (text: string) => Number(BigInt(text));
const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Returns the spans in the order of their rows, each with its depth. */
function rowsOf(spans: readonly CollectedSpan[]): { span: CollectedSpan; depth: number }[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const below = Map.groupBy(spans, ({ parentSpanId = '' }) => (known.has(parentSpanId) ? parentSpanId : ''));
  const rows = (parent: string, depth: number): { span: CollectedSpan; depth: number }[] =>
    (below.get(parent) ?? [])
      .toSorted((a, b) => nanoseconds(a.startTimeUnixNano) - nanoseconds(b.startTimeUnixNano))
      .flatMap((span) => [{ span, depth }, ...rows(span.spanId, depth + 1)]);
  return rows('', 0);
}

function draw(spans: readonly CollectedSpan[]): string {
  const rows = rowsOf(spans);
  const first = Math.min(...spans.map((span) => nanoseconds(span.startTimeUnixNano)));
  const last = Math.max(...spans.map((span) => nanoseconds(span.endTimeUnixNano)));
  const x = (time: string) => NAMES + ((nanoseconds(time) - first) / (last - first)) * BARS;
  const lines = rows.map(({ span, depth }, index) => {
    const { name, kind, service, startTimeUnixNano: start, endTimeUnixNano: end } = span;
    const y = index * ROW + 34;
    const width = Math.max(1.5, x(end) - x(start));
    const bar = `<rect class="${KINDS[kind]}" x="${x(start).toFixed(1)}" y="${y - 10}" width="${width.toFixed(1)}" height="12"/>`;
    const ms = ((nanoseconds(end) - nanoseconds(start)) / 1e6).toFixed(1);
    return `<text x="${8 + depth * 12}" y="${y}">${escaped(name)}</text>${bar}<text class="note" x="${NAMES + BARS + 12}" y="${y}">${ms} ms ${escaped(service)}</text>`;
  });
  const [width, height] = [NAMES + BARS + 190, rows.length * ROW + 34];
  const title = `A trace of ${rows[0]!.span.name}: ${rows.length} spans`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">
<title id="title">${escaped(title)}</title>
<style>${STYLE}</style>
${lines.join('\n')}
</svg>
`;
}

const [, , file] = process.argv;
if (file === undefined) throw new Error('expected the SVG file to write');
const collector = await startTraceCollector(PORT);
process.stderr.write(`collecting at ${collector.url}; Ctrl+C draws the trace with the most spans\n`);
await once(process, 'SIGINT');
const traces = [...Map.groupBy(collector.spans(), ({ traceId }) => traceId).values()];
await collector.stop();
const largest = traces.toSorted((a, b) => b.length - a.length)[0];
if (!largest) throw new Error('no trace has arrived');
writeFileSync(file, draw(largest));
