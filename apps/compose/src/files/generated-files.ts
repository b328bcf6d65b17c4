import { readdir } from 'node:fs/promises';
import { moduleNames as modules } from '@tearline/modules';
import { readTopology, type Topology } from '@tearline/topology';
import { composeFile } from './compose-file.js';
import { nginxFile } from './nginx-service.js';
import { prometheusFile } from './prometheus-file.js';

/** Every topology of a folder, by name. */
export async function topologiesIn(folder: string): Promise<Topology[]> {
  const names = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).toSorted();
  return Promise.all(names.map((file) => readTopology(file.slice(0, -'.yaml'.length), { modules, folder })));
}

/** The files in `docker` that follow from the topologies: by path in there, what they hold. */
export function generatedFiles(topologies: readonly Topology[]): Record<string, string> {
  return {
    'compose.yaml': composeFile(topologies),
    ...Object.fromEntries(
      topologies.flatMap((topology) => [
        [`nginx/${topology.name}.conf`, nginxFile(topology)],
        [`prometheus/${topology.name}.yaml`, prometheusFile(topology)],
      ]),
    ),
  };
}
