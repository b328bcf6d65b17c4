import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { moduleNames } from '@tearline/modules';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { generatedFiles, topologiesIn } from './files/generated-files.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const topologies = await topologiesIn(join(root, 'topologies'));
const files = generatedFiles(topologies);

interface Service {
  readonly profiles?: string[];
  readonly environment?: Record<string, string>;
  readonly volumes?: string[];
  readonly networks?: Record<string, unknown>;
}
const { services } = parse(files['compose.yaml']!) as { services: Record<string, Service> };

describe('the committed files in docker', () => {
  it.each(Object.keys(files))('%s matches the topologies', (file) => {
    // `npm run compose -- generate` updates the files.
    expect(readFileSync(join(root, 'docker', file), 'utf8')).toBe(files[file]);
  });

  it('have no configuration of a deleted topology', () => {
    const there = globSync(['nginx/*.conf', 'prometheus/*'], { cwd: join(root, 'docker') });
    expect(there.filter((file) => !(file in files) && !file.includes('-alone.'))).toEqual([]);
  });
});

describe('the services', () => {
  const hosts = topologies.flatMap((topology) =>
    topology.hosts.map((host) => ({
      name: `${topology.name}-${host.name}`,
      host,
      service: services[`${topology.name}-${host.name}`]!,
    })),
  );

  it.each(hosts)('$name holds the credentials of its own modules alone', ({ host, service }) => {
    const foreign = moduleNames.filter((name) => !host.modules.includes(name));
    for (const module of foreign) {
      const credentials = new RegExp(`^${module.toUpperCase()}_(DATABASE_URL|SIGNING_KEY)`);
      expect(Object.keys(service.environment!).filter((name) => credentials.test(name))).toEqual([]);
      expect(service.volumes!.filter((volume) => volume.startsWith(`secrets-${module}:`))).toEqual([]);
    }
    for (const audience of ['postgres', 'redis', 'migrate'])
      expect(service.volumes!.join('\n')).not.toContain(`secrets-${audience}:`);
  });

  it('nginx is on no network with a database', () => {
    const proxies = Object.entries(services).filter(([name]) => name.endsWith('-nginx'));
    expect(proxies.filter(([, service]) => service.networks !== undefined)).toEqual([]);
    const common = parse(readFileSync(join(root, 'docker/services.yaml'), 'utf8')) as {
      services: Record<string, { networks?: string[]; ports?: string[] }>;
    };
    expect(common.services['nginx']!.networks).toEqual(['edge']);
    for (const server of ['postgres', 'redis']) expect(common.services[server]!.networks).toEqual(['data']);
    const published = Object.entries(common.services).filter(([, { ports }]) => ports !== undefined);
    expect(published).toEqual([
      ['nginx', expect.objectContaining({ ports: [expect.stringMatching(/^127\.0\.0\.1:/)] })],
    ]);
  });
});
