import type { ModuleManifest } from '@tearline/seam';
import { callsOf } from './calls.js';
import type { Topology } from './topology.js';

/**
 * Returns a topology as a Mermaid flowchart: a box for each host with its modules; plain arrows for calls within a process,
 * thick ones for calls over the network, dotted ones for HTTP.
 */
export function mermaid(topology: Topology, manifests: readonly ModuleManifest[]): string {
  const boxOf = (host: string) => `host_${identifier(host)}`;
  const nodeOf = (host: string, module: string) => `in_${identifier(host)}_${identifier(module)}`;
  return [
    'flowchart LR',
    '  client([client]) -.-> nginx{{nginx}}',
    ...topology.hosts.flatMap(({ name, modules, replicas }) => [
      `  subgraph ${boxOf(name)}["${name}${replicas > 1 ? ` × ${replicas}` : ''}"]`,
      ...modules.map((module) => `    ${nodeOf(name, module)}["${module}"]`),
      '  end',
    ]),
    ...topology.hosts
      .filter(({ serve }) => serve.includes('http'))
      .map(({ name }) => `  nginx -.-> ${boxOf(name)}`),
    ...callsOf(topology, manifests).map(
      ({ from, to, remote }) =>
        `  ${nodeOf(from.host, from.module)} ${remote ? '==>' : '-->'} ${nodeOf(to.host, to.module)}`,
    ),
  ].join('\n');
}

const identifier = (name: string) => name.replaceAll('-', '_');
