import { execFile } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** What the README tells a team to install. Nest itself is there already. */
const packages = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs'].concat([
  '@nestjs/microservices',
  'zod',
]);

let app: string;
beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), 'adopt-'));
  cpSync(join(repository, 'libs/seam/src'), join(app, 'seam'), {
    recursive: true,
    filter: (file) => !/[.](spec|fixture)[.]ts$/.test(file),
  });
  for (const name of packages) {
    const link = join(app, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(repository, 'node_modules', name), link);
  }
  writeFileSync(join(app, 'package.json'), '{ "type": "module" }');
});
afterAll(() => rmSync(app, { recursive: true, force: true }));

const run = (...args: string[]) => promisify(execFile)(process.execPath, args, { cwd: app });

const patiently = 120_000;

it(
  'a copy of the seam compiles and loads with the packages that the README names, and nothing else',
  async () => {
    const options = ['--module', 'nodenext', '--target', 'es2024', '--outDir', 'built', '--skipLibCheck'];
    const nest = ['--experimentalDecorators', '--emitDecoratorMetadata', '--strict'];
    const types = ['--types', 'node', '--typeRoots', join(repository, 'node_modules/@types')];
    const compiler = join(repository, 'node_modules/typescript/bin/tsc');
    await run(
      compiler,
      ...options,
      ...nest,
      ...types,
      '--strictPropertyInitialization',
      'false',
      'seam/index.ts',
    );
    const files = globSync('built/**/*.js', { cwd: app });
    expect(files.length).toBeGreaterThan(40);
    const imports = files.map((file) => `await import('./${file}');`).join('');
    await run('--input-type=module', '--eval', `import 'reflect-metadata';${imports}`);
  },
  patiently,
);
