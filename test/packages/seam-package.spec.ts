import { execFile, execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { seam: tarball } = inject('tarballs');
const run = (...args: string[]) => promisify(execFile)(process.execPath, args, { cwd: root });

let parent: string;
let folder: string;
beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'seam-package-'));
  folder = join(parent, 'package');
  execFileSync('tar', ['-xzf', tarball, '-C', parent]);
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

/** For programs that compile or load much. */
const SLOW_MS = 300_000;

const read = (file: string) => readFileSync(join(folder, file), 'utf8');
const names = (pattern: string) =>
  globSync(pattern, { cwd: folder }).map((file) => file.replaceAll('\\', '/'));

describe('the package @tearline/seam', () => {
  it('has no problem that publint knows', async () => {
    const { messages } = await publint({ pkgDir: folder, pack: false, strict: true });
    expect(messages).toEqual([]);
  });

  it(
    'has no problem that arethetypeswrong knows',
    async () => {
      const { stdout } = await run('node_modules/@arethetypeswrong/cli/dist/index.js', tarball);
      expect(stdout).toContain('No problems found');
    },
    SLOW_MS,
  );

  it('needs nothing but Nest and Node.js itself, and what an application chooses', () => {
    const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, unknown>>;
    expect(Object.keys(manifest['peerDependencies']!)).toEqual([
      '@nestjs/common',
      '@nestjs/core',
      '@nestjs/microservices',
      'class-transformer',
      'class-validator',
      'zod',
    ]);
    expect(Object.keys(manifest['peerDependenciesMeta']!)).toEqual([
      'class-transformer',
      'class-validator',
      'zod',
    ]);
    expect(manifest).not.toHaveProperty('dependencies');
    const code = names('dist/!(class-validator).{js,cjs}').map(read).join('\n');
    const imported = code.matchAll(/(?:\bfrom |\bimport |\brequire\(|\bimport\()["']([^"'.][^"']*)["']/g);
    expect(
      new Set([...imported].map(([, name]) => name).filter((name) => !name!.startsWith('node:'))),
    ).toEqual(new Set(['@nestjs/common', '@nestjs/core', '@nestjs/microservices']));
  });

  it('maps each file to its sources, and contains them', () => {
    const maps = names('dist/*.map').map((file) => JSON.parse(read(file)) as Record<string, unknown[]>);
    expect(maps).toHaveLength(names('dist/*.{js,cjs}').length);
    for (const { sources, sourcesContent } of maps) {
      expect(sourcesContent).toHaveLength(sources!.length);
      expect(sourcesContent).not.toContain(null);
    }
  });

  it('contains no test, and nothing beside its build', () => {
    expect(names('**/*').filter((file) => /spec|fixture|vitest/.test(file))).toEqual([]);
    expect(names('*').toSorted()).toEqual(['LICENSE', 'README.md', 'dist', 'package.json', 'schematics']);
  });
});

it('its README states its size', () => {
  const kilobytes = (bytes: number) => bytes / 1000;
  const files = globSync('**/*', { cwd: folder }).map((file) => statSync(join(folder, file)));
  const unpacked = files.filter((file) => file.isFile()).reduce((sum, { size }) => sum + size, 0);
  const [, statedPacked, statedUnpacked] = /(\d+) kB packed, (\d+) kB installed/.exec(read('README.md'))!;
  const isClose = (stated: string | undefined, bytes: number) =>
    Math.abs(Number(stated) / kilobytes(bytes) - 1) < 0.15;
  expect([
    statedPacked,
    kilobytes(statSync(tarball).size),
    isClose(statedPacked, statSync(tarball).size),
  ]).toContain(true);
  expect([statedUnpacked, kilobytes(unpacked), isClose(statedUnpacked, unpacked)]).toContain(true);
});

describe('on Node.js 20, loading it', () => {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } });`;
  const sentence =
    'Error: @tearline/seam: expected Node.js 22 or newer, got 20.19.0. Install a newer Node.js.\n';

  const load = (how: 'require' | 'import', file: string) =>
    run('--eval', `${pretend} ${how}(${JSON.stringify(file)})`);

  it('by require fails with one sentence, before anything else is loaded', async () => {
    // Nest is not installed here.
    const loading = load('require', join(folder, 'dist/index.cjs'));
    await expect(loading).rejects.toMatchObject({ stderr: expect.stringContaining(sentence) as string });
  });

  it(
    'by import fails with one sentence',
    async () => {
      const installed = join(parent, 'installed');
      cpSync(folder, installed, { recursive: true });
      symlinkSync(join(root, 'node_modules'), join(installed, 'node_modules'));
      const loading = load('import', join(installed, 'dist/index.js'));
      await expect(loading).rejects.toMatchObject({ stderr: expect.stringContaining(sentence) as string });
    },
    SLOW_MS,
  );
});
