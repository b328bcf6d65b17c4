import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Topology } from '@tearline/topology';
import { stringify } from 'yaml';
import { composeFile } from './compose-file.js';
import { nginxFile } from './nginx-service.js';
import { prometheusFile } from './prometheus-file.js';

/** Returns the files that a topology needs to run in containers, by their path in `docker`. */
export function generatedFiles(topology: Topology): Record<string, string> {
  const { name } = topology;
  const header = `# Generated from the topology '${name}' and the modules' manifests; do not edit.\n`;
  const yaml = (content: object) =>
    header + stringify(content, { lineWidth: 0, aliasDuplicateObjects: false });
  return {
    [`compose.${name}.yaml`]: yaml(composeFile(topology)),
    [`nginx/${name}.conf`]: nginxFile(topology),
    [`prometheus/${name}.yaml`]: yaml(prometheusFile(topology)),
  };
}

/** Writes these files. @returns the path of the compose file */
export async function writeGeneratedFiles(topology: Topology): Promise<string> {
  for (const [name, text] of Object.entries(generatedFiles(topology))) {
    const file = join('docker', name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return `docker/compose.${topology.name}.yaml`;
}
