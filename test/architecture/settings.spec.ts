import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { databaseUrls, replicaUrls } from '@tearline/database';
import { manifests, moduleNames } from '@tearline/modules';
import { settingsOfHosts, settingsOfModule, settingsReference } from '@tearline/composition';
import { type Environment, type Setting, SettingsError } from '@tearline/settings';
import { readTopology } from '@tearline/topology';
import { describe, expect, it } from 'vitest';
import { remoteHosts } from '../../apps/service/src/remotes.js';
import { hostService } from '../../apps/compose/src/files/host-service.js';
import { PAGE, withSettingsReference } from '../../tools/settings-reference.js';
import { root } from './tree.js';

const all = Object.values(settingsReference(manifests)).flat();

/** Files that may read the environment: composition roots, the reading of settings, and what the seam offers other applications. */
const READERS =
  /^(apps\/[^/]+\/src\/(main|monolith|service|topology)|libs\/settings\/src\/read-settings|libs\/process\/src\/script|libs\/composition\/src\/run-program|libs\/seam\/src\/composition\/.*)[.]ts$/;
/** Reads of the environment in code, apart from variables of the system and of Node.js itself. */
const READ =
  /\bprocess\.env\b(?!\['(PATH)'\])|\{[^{}]*\benv\b[^{}]*\}\s*=\s*process\b|from 'node:process'|\benv\[(?!')[^\]]+\](?! = )/;

const readsEnvironment = (code: string) => READ.test(code.replaceAll(/^\s*(\/?\*|\/\/).*$/gm, ''));

/** Returns the variables that a function reads from an environment, apart from declared ones. */
function undeclaredIn(read: (env: Environment) => unknown): string[] {
  const names = new Set<string>();
  try {
    read(new Proxy({}, { get: (_, name) => void names.add(String(name).replace(/_FILE$/, '')) }));
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
  }
  const declared = [...settingsOfHosts, ...manifests.flatMap(settingsOfModule)].map(({ name }) => name);
  return [...names].filter((name) => !declared.includes(name));
}

/** The settings that a service of the compose file neither sets nor passes on. */
function forgottenIn(environment: Record<string, string>, settings: readonly Setting[]): string[] {
  return settings
    .filter(({ name, assigned }) => !assigned && name !== 'NODE_ENV' && !(name in environment))
    .map(({ name }) => name);
}

describe('settings', () => {
  it('are read from the environment in declared places only', () => {
    const files = globSync('{apps,libs}/**/src/**/*.ts', {
      cwd: root,
      exclude: ['**/dist', '**/*.{spec,fixture}.ts'],
    });
    const elsewhere = files.filter(
      (file) => !READERS.test(file) && readsEnvironment(readFileSync(join(root, file), 'utf8')),
    );
    expect(files.length).toBeGreaterThan(300);
    expect(elsewhere).toEqual([]);
  });

  it.each([
    ["const level = process.env['LOG_LEVEL'];", true],
    ['const { env } = process;', true],
    ["import { env } from 'node:process';", true],
    ['const url = env[`${module.toUpperCase()}_URL`];', true],
    ['env[urlVariable(module)] = url;', false],
    ["spawn(program, { env: { PATH: process.env['PATH'] } });", false],
    ['/** Reads `process.env`. */'.replace('/**', ' * '), false],
  ])('that are read elsewhere are found: %s', (code, isFound) => {
    expect(readsEnvironment(code)).toBe(isFound);
  });

  it('have names of their own', () => {
    const names = all.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('that hosts read by the name of a module are declared', () => {
    const owner = 'postgres://owner:secret@host/tearline';
    const urls = Object.fromEntries(moduleNames.map((name) => [name, owner]));
    expect(undeclaredIn((env) => databaseUrls([...moduleNames, 'queues'], env, owner))).toEqual([]);
    expect(undeclaredIn((env) => replicaUrls(urls, env))).toEqual([]);
    for (const manifest of manifests) expect(undeclaredIn((env) => remoteHosts([manifest], env))).toEqual([]);
    expect(undeclaredIn((env) => databaseUrls(['forgotten'], env, owner))).toEqual([
      'FORGOTTEN_DATABASE_URL',
    ]);
  });

  it('are secret where their name says so', () => {
    const suspects = all.filter(({ name }) =>
      /PASSWORD|SECRET|SIGNING_KEY|DATABASE_URL$|SMTP_URL|REDIS_URL/.test(name),
    );
    expect(suspects.filter(({ secret }) => !secret)).toEqual([]);
  });

  it('of every module are in its manifest, and nowhere else', () => {
    const declared = globSync('libs/modules/*/src/*.settings.ts', { cwd: root }).map(
      (file) => file.split('/')[2],
    );
    expect(manifests.filter(({ settings }) => settings).map(({ name }) => name)).toEqual(
      moduleNames.filter((name) => declared.includes(name)),
    );
  });

  it('are all in the operations guide', async () => {
    const page = readFileSync(PAGE, 'utf8');
    // When it differs: `npm run docs:settings`.
    expect(page).toBe(await withSettingsReference(page));
  });
});

describe('the compose file', async () => {
  const topologies = await Promise.all(
    ['monolith', 'microservices'].map((name) => readTopology(name, { modules: moduleNames })),
  );
  const hosts = topologies.flatMap((topology) =>
    topology.hosts.map(
      (host) =>
        [
          `${topology.name}-${host.name}`,
          hostService(topology, host) as { environment?: Record<string, string> },
        ] as const,
    ),
  );

  it.each(hosts)('passes on every setting of %s', (_, { environment = {} }) => {
    const modules = environment['HOST_MODULES']?.split(',') ?? moduleNames;
    const own = manifests.filter(({ name }) => modules.includes(name));
    expect(forgottenIn(environment, [...settingsOfHosts, ...own.flatMap(settingsOfModule)])).toEqual([]);
  });

  it('would be caught forgetting one', () => {
    const [, { environment = {} }] = hosts[0]!;
    const { CORS_ORIGINS: _, ...rest } = environment;
    expect(forgottenIn(rest, settingsOfHosts)).toEqual(['CORS_ORIGINS']);
    const added: Setting = {
      name: 'ADDED',
      description: '',
      default: undefined,
      secret: false,
      assigned: false,
      edge: false,
    };
    expect(forgottenIn(environment, [...settingsOfHosts, added])).toEqual(['ADDED']);
  });
});
