import { basename } from 'node:path';
import type { Topology } from '../topology.js';
import { mistakesOfPlacement, mistakesOfShape } from './mistakes.js';
import { Source } from './source.js';
import { TopologyFile } from './topology-schema.js';

/**
 * Reads the text of a topology file.
 * @param file what mistakes are reported with, and the topology named after
 * @param modules the names of all modules there are
 * @throws TopologyError with one line for each mistake: `<file>:<line>:<column>: <what is wrong, and what would be right>`
 */
export function parseTopology(text: string, file: string, modules: readonly string[]): Topology {
  const source = new Source(text, file);
  const parsed = TopologyFile.safeParse(source.value);
  if (!parsed.success) throw source.errorOf(mistakesOfShape(parsed.error));
  const hosts = Object.entries(parsed.data.hosts).map(([name, host]) => ({ name, ...host }));
  const mistakes = mistakesOfPlacement(hosts, modules);
  if (mistakes.length > 0) throw source.errorOf(mistakes);
  return { name: basename(file).replace(/[.]ya?ml$/, ''), hosts };
}
