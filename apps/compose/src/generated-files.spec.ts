import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { moduleNames } from '@tearline/modules';
import { readTopology } from '@tearline/topology';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { generatedFiles } from './files/generated-files.js';

interface Service {
  readonly extends: { readonly service: string };
  readonly environment?: Record<string, string>;
  readonly volumes?: string[];
  readonly networks?: string[] | Record<string, unknown>;
  readonly ports?: string[];
  readonly depends_on?: Record<string, unknown>;
}
interface ComposeFile {
  readonly services: Record<string, Service>;
  readonly volumes: object;
  readonly networks: object;
}

const docker = fileURLToPath(new URL('../../../docker', import.meta.url));
const common = parse(readFileSync(join(docker, 'services.yaml'), 'utf8')) as ComposeFile;
const references = ['monolith', 'microservices', 'workers', 'media', { alone: 'articles' }];
const topologies = await Promise.all(
  references.map(async (reference) => {
    const topology = await readTopology(reference, { modules: moduleNames });
    const files = generatedFiles(topology);
    return { topology, files, file: parse(files[`compose.${topology.name}.yaml`]!) as ComposeFile };
  }),
);

describe.each(topologies)('the files of $topology.name', ({ topology, files, file }) => {
  it('refer to nothing that is missing', () => {
    const referredTo = Object.values(file.services).flatMap((service) => {
      const base = common.services[service.extends.service]!;
      const { networks = {}, depends_on: others = {} } = { ...base, ...service };
      const volumes = [...(base.volumes ?? []), ...(service.volumes ?? [])];
      const sources = volumes.map((volume) => volume.split(':')[0]!);
      return [
        ...sources.map((source) =>
          source.startsWith('./') ? source.slice('./'.length) : `volume ${source}`,
        ),
        ...(Array.isArray(networks) ? networks : Object.keys(networks)).map((name) => `network ${name}`),
        ...Object.keys(others).map((name) => `service ${name}`),
      ];
    });
    const present = [
      ...Object.keys(files),
      ...globSync('{nginx,postgres,redis}/*.{sh,conf}', { cwd: docker }),
      ...Object.keys(file.volumes).map((name) => `volume ${name}`),
      ...Object.keys(file.networks).map((name) => `network ${name}`),
      ...Object.keys(file.services).map((name) => `service ${name}`),
    ];
    expect(referredTo).toContain('service redis');
    expect(referredTo.filter((each) => !present.includes(each))).toEqual([]);
  });

  it.each(topology.hosts)('host $name has the credentials of its own modules alone', (host) => {
    const service = file.services[`${topology.name}-${host.name}`]!;
    const foreign = moduleNames.filter((name) => !host.modules.includes(name));
    for (const module of foreign) {
      const credentials = new RegExp(`^${module.toUpperCase()}_(DATABASE_URL|SIGNING_KEY)`);
      expect(Object.keys(service.environment!).filter((name) => credentials.test(name))).toEqual([]);
      expect(service.volumes!.filter((volume) => volume.startsWith(`secrets-${module}:`))).toEqual([]);
    }
    for (const audience of ['postgres', 'redis', 'migrate'])
      expect(service.volumes!.join('\n')).not.toContain(`secrets-${audience}:`);
  });

  it('put nginx on no network with a database', () => {
    expect(file.services[`${topology.name}-nginx`]!.networks).toBeUndefined();
    expect(common.services['nginx']!.networks).toEqual(['edge']);
    for (const server of ['postgres', 'redis']) expect(common.services[server]!.networks).toEqual(['data']);
  });
});

it('only nginx publishes a port, on the loopback address', () => {
  const published = Object.entries(common.services).filter(([, { ports }]) => ports !== undefined);
  expect(published).toEqual([
    ['nginx', expect.objectContaining({ ports: [expect.stringMatching(/^127\.0\.0\.1:/)] })],
  ]);
});
