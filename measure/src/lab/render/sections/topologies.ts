import { manifests } from '@tearline/modules';
import { callsOf, mermaid, type Topology } from '@tearline/topology';
import type { Diagram, Section } from '../../../kit/report/document.js';
import type { Results } from '../../results.js';

/** Returns a picture of each topology. */
export function topologiesSection({ topologies }: Results): Section {
  return {
    title: 'Topologies',
    parts: [
      'A box is a host, an arrow a host that calls another over the network. All other calls stay in the process.',
      ...topologies.map(diagramOf),
    ],
  };
}

function diagramOf(topology: Topology): Diagram {
  const calls = callsOf(topology, manifests).filter(({ remote }) => remote);
  const pairs = new Map(
    calls.map(({ from, to }) => [`${from.host} ${to.host}`, { from: from.host, to: to.host }]),
  );
  return {
    title: topology.name,
    entry: 'nginx',
    boxes: topology.hosts.map(({ name, modules, serve }) => ({
      name,
      note: `serves ${serve.join(', ')}`,
      items: modules,
      isEntered: serve.includes('http'),
    })),
    arrows: [...pairs.values()],
    mermaid: mermaid(topology, manifests),
  };
}
