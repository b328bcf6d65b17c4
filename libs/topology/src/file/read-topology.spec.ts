import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readTopology, type TopologyReference } from '../index.js';

describe('reading a topology', () => {
  let folder: string;
  const read = (reference: TopologyReference) => readTopology(reference, { modules: ['articles'], folder });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'topologies-'));
    await writeFile(join(folder, 'monolith.yaml'), 'hosts: { app: { modules: [articles] } }\n');
    await writeFile(join(folder, 'other.yml'), 'hosts: { other: { modules: [articles] } }\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('finds it by name', async () => {
    expect((await read('monolith')).name).toBe('monolith');
  });

  it('finds it by path', async () => {
    const topology = await read(join(folder, 'other.yml'));
    expect([topology.name, topology.hosts[0]?.name]).toEqual(['other', 'other']);
  });

  it('derives it from the name of a module', async () => {
    const { name, hosts } = await read({ alone: 'articles' });
    expect([name, hosts.map((host) => host.name)]).toEqual(['articles-alone', ['app', 'articles']]);
  });

  it('suggests known names', async () => {
    await expect(read('monolit')).rejects.toThrow("no topology 'monolit'; did you mean 'monolith'?");
    await expect(read('articles')).rejects.toThrow(
      "no topology 'articles'; for the module on a host of its own use --alone articles",
    );
    await expect(read('everything')).rejects.toThrow("no topology 'everything'; known: monolith");
  });

  it('reports a file that cannot be read', async () => {
    await expect(read('./nowhere.yaml')).rejects.toThrow('./nowhere.yaml: cannot be read (ENOENT)');
  });
});
