import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasAuthenticatedRoutes, manifestProblems, nestMetadata } from '@tearline/composition';
import { authority, manifests, moduleNames } from '@tearline/modules';
import { compareRoutes, matchesRoute, type ModuleManifest } from '@tearline/seam';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { entryPointsOf, modulesOf, root } from './tree.js';
import { type DeclaredModule, loadModule } from './module-metadata.js';

/** Returns the paths of the lists in a JSON schema that have no maximum, or one over 1,000. */
function unlimitedLists(schema: unknown, path = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const isUnlimited = 'type' in schema && schema.type === 'array' && !isLimited(schema);
  const inner = Object.entries(schema).flatMap(([key, value]) => unlimitedLists(value, `${path}.${key}`));
  return isUnlimited ? [path, ...inner] : inner;
}

const isLimited = (list: object) => 'maxItems' in list && Number(list.maxItems) <= 1_000;

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

  it('limits the lists in the input of its methods, so that replies are bounded too', () => {
    const { contract } = declared.manifest;
    const unlimited = Object.entries(contract?.methods ?? {}).flatMap(([method, { input }]) =>
      input
        ? unlimitedLists(z.toJSONSchema(input as z.ZodType, { io: 'input' })).map((path) => method + path)
        : [],
    );
    expect(unlimited).toEqual([]);
  });

  it('implements its contract and no other, once', () => {
    const { implemented, manifest } = declared;
    expect(names(implemented)).toEqual(manifest.contract ? [manifest.contract.name] : []);
  });

  it('uses the contracts that its manifest names', () => {
    const { asked, manifest, type } = declared;
    // By name: a message about symbols says nothing.
    const contracts = manifests.flatMap(({ contract }) =>
      contract && asked.includes(contract.token) ? [contract.name] : [],
    );
    // Its host verifies sessions by this one.
    const isAuthenticating = hasAuthenticatedRoutes(nestMetadata(type).classes);
    if (isAuthenticating && folder !== authority.name) contracts.push(authority.name);
    expect([...new Set(contracts)].toSorted()).toEqual(names(manifest.uses));
    expect(names(manifest.uses)).not.toContain(manifest.contract?.name);
  });

  it('injects its own database and no other', () => {
    const databases = declared.asked.filter((token) => typeof token === 'string');
    const owners = databases.map((token) => folders.findLast((name) => token.startsWith(name)));
    expect(new Set(owners.filter((owner) => owner !== undefined))).toEqual(new Set([folder]));
  });

  it('lacks nothing in its manifest that its code does', () => {
    const { declares, manifest, type } = declared;
    expect(manifestProblems(manifest, type, declares, authority)).toEqual([]);
  });

  it('has the tables of its events', async () => {
    const { manifest, data } = declared;
    const { publishes = [], subscribes = [], jobs = [] } = manifest;
    const migrations = await data.migrations();
    const hasTables = migrations.some(({ name }) => name.startsWith('CreateEventTables'));
    expect(hasTables).toBe([...publishes, ...subscribes, ...jobs].length > 0);
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
