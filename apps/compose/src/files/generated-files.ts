import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { grafanaFiles, rulesFile } from '@tearline/monitoring';
import type { Environment } from '@tearline/settings';
import type { Topology } from '@tearline/topology';
import { stringify } from 'yaml';
import { composeFile } from './compose-file.js';
import { nginxFile } from './nginx-service.js';
import type { Profiles } from './profiles.js';
import { prometheusUrlOf } from './names.js';
import { grafanaFolder } from './observe-services.js';
import { prometheusFile, prometheusFileName, rulesFileName } from './prometheus-file.js';
import { varnishFile } from './varnish-service.js';

/**
 * Returns the files that a topology needs to run in containers, by their path in `docker`.
 * @param env the settings from which nginx's limits follow
 * @throws SettingsError for a wrong one of these
 */
export function generatedFiles(
  topology: Topology,
  env: Environment = {},
  profiles: Profiles = {},
): Record<string, string> {
  const { name } = topology;
  const header = `# Generated from the topology '${name}' and the modules' manifests; do not edit.\n`;
  const yaml = (content: object) =>
    header + stringify(content, { lineWidth: 0, aliasDuplicateObjects: false });
  return {
    [`compose.${name}.yaml`]: yaml(composeFile(topology, env, profiles)),
    [`nginx/${name}.conf`]: nginxFile(topology, env, profiles.cdn === true),
    ...(profiles.cdn && { [`varnish/${name}.vcl`]: varnishFile(topology, env) }),
    [prometheusFileName(topology)]: yaml(prometheusFile(topology, profiles)),
    [rulesFileName(topology)]: yaml(rulesFile(topology.hosts.map((host) => host.name))),
    ...(profiles.observe && filesOfGrafana(topology)),
  };
}

const filesOfGrafana = (topology: Topology) =>
  Object.fromEntries(
    Object.entries(grafanaFiles(prometheusUrlOf(topology))).map(([path, text]) => [
      `${grafanaFolder(topology)}/${path}`,
      text,
    ]),
  );

/** Writes these files. @returns the path of the compose file */
export async function writeGeneratedFiles(
  topology: Topology,
  env: Environment,
  profiles: Profiles = {},
): Promise<string> {
  for (const [name, text] of Object.entries(generatedFiles(topology, env, profiles))) {
    const file = join('docker', name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  return `docker/compose.${topology.name}.yaml`;
}
