import type { Analysis } from '../analysis.js';
import { escape } from './escape.js';
import { type GraphEdge, type GraphNode, layOut } from './graph-layout.js';

const NODE_HEIGHT = 36;

/** Draws the modules and what lies between them. */
export function toSvg(analysis: Analysis): string {
  const { nodes, edges, width, height } = layOut(analysis);
  const at = new Map(nodes.map((node) => [node.name, node]));
  const verdicts = new Map(analysis.modules.map(({ name, verdict }) => [name, verdict]));
  const scores = new Map(analysis.modules.map(({ name, score }) => [name, score]));
  return [
    `<svg id="graph" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Modules and what lies between them">`,
    '<defs>',
    ...['high', 'medium', 'low'].map(
      (severity) =>
        `<marker id="to-${severity}" class="${severity}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8Z"/></marker>`,
    ),
    '</defs>',
    // The worst are drawn last, over the others.
    ...edges
      .toSorted((one, other) => weight(one) - weight(other))
      .map((edge) => drawEdge(edge, at.get(edge.from)!, at.get(edge.to)!, { x: width / 2, y: height / 2 })),
    ...nodes.map((node) => drawNode(node, verdicts.get(node.name)!, scores.get(node.name)!)),
    '</svg>',
  ].join('\n');
}

const weight = ({ severity }: GraphEdge) => ({ high: 2, medium: 1, low: 0 })[severity];

/** Bends to the centre, to the right of its direction, so that the edges of both directions do not lie on one another. */
function drawEdge(
  { from, to, severity, count }: GraphEdge,
  start: GraphNode,
  end: GraphNode,
  centre: Point,
): string {
  const middle = { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 };
  const aside = { x: (start.y - end.y) * 0.08, y: (end.x - start.x) * 0.08 };
  const bend = {
    x: middle.x + (centre.x - middle.x) * 0.35 + aside.x,
    y: middle.y + (centre.y - middle.y) * 0.35 + aside.y,
  };
  const [first, last] = [borderOf(start, bend), borderOf(end, bend)];
  const path = `M${pair(first)}Q${pair(bend)} ${pair(last)}`;
  const thickness = Math.min(5, 1 + Math.log2(count) / 1.5).toFixed(1);
  return `<path class="edge ${severity}" data-from="${escape(from)}" data-to="${escape(to)}" d="${path}" stroke-width="${thickness}" marker-end="url(#to-${severity})"><title>${escape(`${from} → ${to}: ${count}`)}</title></path>`;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const pair = ({ x, y }: Point) => `${Math.round(x)} ${Math.round(y)}`;

/** Where the line from the middle of a box to a point leaves the box. */
function borderOf({ x, y, width }: GraphNode, to: Point): Point {
  const [dx, dy] = [to.x - x, to.y - y];
  const scale = 1 / Math.max(Math.abs(dx) / (width / 2 + 2), Math.abs(dy) / (NODE_HEIGHT / 2 + 2), 1e-9);
  return { x: x + dx * scale, y: y + dy * scale };
}

function drawNode({ name, x, y, width }: GraphNode, verdict: string, score: number): string {
  return `<g class="node ${verdict}" data-name="${escape(name)}" tabindex="0" role="button" aria-label="${escape(`${name}: ${verdict}, score ${score}`)}"><rect x="${x - width / 2}" y="${y - NODE_HEIGHT / 2}" width="${width}" height="${NODE_HEIGHT}" rx="6"/><text x="${x}" y="${y - 2}">${escape(name)}</text><text class="score" x="${x}" y="${y + 12}">${verdict === 'root' || verdict === 'infrastructure' ? verdict : score}</text></g>`;
}
