import type { Analysis } from '../analysis.js';
import { type Finding, type Severity, severities } from '../finding.js';

export interface GraphNode {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** All findings of one module that are about another one. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly severity: Severity;
  readonly count: number;
}

export interface GraphLayout {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly width: number;
  readonly height: number;
}

const CHARACTER = 7.6;
const PADDING = 40;

/** Places modules on an ellipse: modules depend on each other in circles, for which rows are no picture. */
export function layOut({ modules, findings }: Analysis): GraphLayout {
  const names = modules.map(({ name }) => name);
  const edges = edgesOf(findings, new Set(names));
  const around = arrange(names, edges);
  const widthOf = (name: string) => Math.max(88, Math.round(name.length * CHARACTER) + 24);
  const margin = PADDING + Math.max(0, ...names.map(widthOf)) / 2;
  const [radiusX, radiusY] = [Math.max(220, names.length * 23), Math.max(140, names.length * 13)];
  const nodes = around.map((name, index) => {
    const angle = (2 * Math.PI * index) / around.length - Math.PI / 2;
    return {
      name,
      x: Math.round(margin + radiusX * (1 + Math.cos(angle))),
      y: Math.round(PADDING + radiusY * (1 + Math.sin(angle))),
      width: widthOf(name),
    };
  });
  return { nodes, edges, width: Math.round(2 * (margin + radiusX)), height: 2 * (PADDING + radiusY) };
}

function edgesOf(findings: readonly Finding[], names: ReadonlySet<string>): GraphEdge[] {
  const between = findings.filter(
    ({ module, other }) => other !== undefined && names.has(module) && names.has(other),
  );
  return [...Map.groupBy(between, ({ module, other }) => `${module}\n${other}`).values()].map((own) => {
    const worst = Math.min(...own.map(({ severity }) => severities.indexOf(severity)));
    return { from: own[0]!.module, to: own[0]!.other!, severity: severities[worst]!, count: own.length };
  });
}

/** Puts next to each module the one that is linked to it most, which crosses fewer edges. */
function arrange(names: readonly string[], edges: readonly GraphEdge[]): string[] {
  const linkOf = (one: string, other: string) =>
    edges.reduce(
      (sum, { from, to, count }) =>
        (from === one && to === other) || (from === other && to === one) ? sum + count : sum,
      0,
    );
  const left = new Set(names);
  const around: string[] = [];
  for (let next = names[0]; next !== undefined;) {
    around.push(next);
    left.delete(next);
    const last = next;
    next = [...left].toSorted((one, other) => linkOf(last, other) - linkOf(last, one))[0];
  }
  return around;
}
