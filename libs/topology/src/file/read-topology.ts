import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { didYouMean } from '../did-you-mean.js';
import type { Topology } from '../topology.js';
import { TopologyError } from '../topology-error.js';
import { parseTopology } from './parse-topology.js';

/** What a topology is read with. */
export interface ReadTopologyOptions {
  /** The names of all modules there are. */
  modules: readonly string[];
  /** The folder where topologies have names; `topologies` by default. */
  folder?: string;
}

/**
 * Reads a topology.
 * @param nameOrFile a name, such as `microservices` for `topologies/microservices.yaml`, or the path of a file, which has
 *   a slash in it or ends in `.yaml` or `.yml`
 * @throws TopologyError when there is none, or with one line for each mistake in it, see {@link parseTopology}
 */
export async function readTopology(nameOrFile: string, options: ReadTopologyOptions): Promise<Topology> {
  const { modules, folder = 'topologies' } = options;
  const isFile = nameOrFile.includes('/') || /[.]ya?ml$/.test(nameOrFile);
  const file = isFile ? nameOrFile : join(folder, `${nameOrFile}.yaml`);
  const text = await readFile(file, 'utf8').catch(async ({ code }: NodeJS.ErrnoException) => {
    if (!isFile)
      throw new TopologyError([
        `no topology '${nameOrFile}'${didYouMean(nameOrFile, await namesIn(folder))}`,
      ]);
    throw new TopologyError([`${file}: cannot be read (${code}); name a file, or a topology of ${folder}/`]);
  });
  return parseTopology(text, file, modules);
}

async function namesIn(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch(() => []);
  return files.filter((file) => file.endsWith('.yaml')).map((file) => file.slice(0, -'.yaml'.length));
}
