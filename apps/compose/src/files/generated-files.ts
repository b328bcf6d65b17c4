import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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

/**
 * Returns the files in `docker` that follow from topologies, by their path there.
 * @param composeName the name of the compose file
 */
export function generatedFiles(
  topologies: readonly Topology[],
  composeName = 'compose.yaml',
): Record<string, string> {
  return {
    [composeName]: composeFile(topologies),
    ...Object.fromEntries(
      topologies.flatMap((topology) => [
        [`nginx/${topology.name}.conf`, nginxFile(topology)],
        [`prometheus/${topology.name}.yaml`, prometheusFile(topology)],
      ]),
    ),
  };
}

/**
 * Returns the compose file that has a topology: `docker/compose.yaml` for those in `topologies`, whose files are committed,
 * else one that this function writes beside it.
 */
export async function composeFileOf(topology: Topology): Promise<string> {
  const committed = await readdir('topologies');
  if (committed.includes(`${topology.name}.yaml`)) return 'docker/compose.yaml';
  const composeName = `compose.${topology.name}.yaml`;
  await writeGenerated(generatedFiles([topology], composeName));
  return `docker/${composeName}`;
}

/** Writes generated files; returns their paths. */
export async function writeGenerated(files: Record<string, string>): Promise<string[]> {
  return Promise.all(
    Object.entries(files).map(async ([name, text]) => {
      const file = join('docker', name);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      return file;
    }),
  );
}
