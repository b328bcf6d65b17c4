import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manifests, moduleNames } from '@tearline/modules';
import { compareRoutes, matchesRoute, type ModuleManifest } from '@tearline/seam';
import { beforeAll, describe, expect, it } from 'vitest';
import { entryPointsOf, modulesOf, root } from './tree.js';
import { type DeclaredModule, loadModule } from './module-metadata.js';

const folders = modulesOf(root);
const names = (named: readonly { name: string }[]) => named.map(({ name }) => name).toSorted();

describe('the registry', () => {
  it('names every module', () => {
    expect(moduleNames.toSorted()).toEqual(folders);
  });

  it.each(Object.entries(entryPointsOf(root)))('%s is an entry point', (name, file) => {
    expect(existsSync(join(root, file))).toBe(true);
    expect(fileURLToPath(import.meta.resolve(name))).toBe(join(root, file));
  });
});

describe.each(folders)('the module %s', (folder) => {
  let declared: DeclaredModule;
  beforeAll(async () => {
    declared = await loadModule(folder);
  });

  it('has one name: of its folder, its manifest, its contract and its schema', () => {
    const { manifest, data } = declared;
    const { name, contract } = manifest;
    expect([name, contract?.name ?? folder, data.schema]).toEqual([folder, folder, folder]);
  });

  it('implements its contract and no other, once', () => {
    const { implemented, manifest } = declared;
    expect(names(implemented)).toEqual(manifest.contract ? [manifest.contract.name] : []);
  });

  it('uses the contracts that its manifest names', () => {
    const { asked, manifest } = declared;
    const tokens = manifest.uses.map(({ token }) => token);
    const contracts = asked.filter((token) => String(token).startsWith('Symbol(seam:'));
    expect(new Set(contracts)).toEqual(new Set(tokens));
    expect(tokens).toEqual([...new Set(tokens)]);
    expect(tokens).not.toContain(manifest.contract?.token);
  });

  it('injects its own database and no other', () => {
    const databases = declared.asked.filter((token) => typeof token === 'string');
    const owners = databases.map((token) => folders.findLast((name) => token.startsWith(name)));
    expect(new Set(owners.filter((owner) => owner !== undefined))).toEqual(new Set([folder]));
  });

  it('publishes the events that its contract declares', () => {
    const { declares, manifest } = declared;
    expect(names(manifest.publishes ?? [])).toEqual(names(declares));
    expect(declares.filter(({ publisher }) => publisher !== folder)).toEqual([]);
  });

  it('handles the events that its manifest names, each once, which others publish', () => {
    const { handled, subscribers, manifest } = declared;
    const { subscribes = [] } = manifest;
    expect(names(handled)).toEqual(names(subscribes));
    expect(subscribers.filter((module) => module !== folder)).toEqual([]);
    const published = manifests.flatMap(({ name, publishes = [] }: ModuleManifest) =>
      name === folder ? [] : publishes,
    );
    expect(subscribes.filter((event) => !published.includes(event))).toEqual([]);
  });

  it('does the background work that its manifest names', () => {
    const { worked, manifest } = declared;
    const { jobs = [] } = manifest;
    expect(worked.toSorted()).toEqual(jobs.toSorted());
    expect(jobs.filter((queue) => !queue.startsWith(`${folder}.`))).toEqual([]);
  });

  it('serves the routes that its manifest names', () => {
    const { paths, manifest } = declared;
    const served = paths.map((path) => path.replaceAll(/:\w+/g, 'anything'));
    expect(served).not.toEqual([]);
    expect(served.filter((path) => ownerOf(path) !== folder)).toEqual([]);
    expect(manifest.routes.filter((route) => !served.some((path) => matchesRoute(route, path)))).toEqual([]);
  });
});

/** The module of the most specific route that matches a path. */
function ownerOf(path: string): string | undefined {
  return manifests
    .flatMap(({ name, routes }: ModuleManifest) => routes.map((route) => ({ name, route })))
    .toSorted((one, other) => compareRoutes(one.route, other.route))
    .find(({ route }) => matchesRoute(route, path))?.name;
}
