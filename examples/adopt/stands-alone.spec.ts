import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** What `before` has. */
const packages = ['common', 'core', 'platform-fastify'].map((name) => `@nestjs/${name}`);
const others = ['fastify', 'reflect-metadata', 'rxjs', '@types/node'];
/** What the README installs beside the seam. */
const installed = ['@nestjs/microservices', 'zod'];

let app: string;
beforeAll(async () => {
  app = mkdtempSync(join(tmpdir(), 'adopt-'));
  const scope = join(app, 'node_modules/@tearline');
  mkdirSync(scope, { recursive: true });
  await run(join(repository, 'tools/package.ts'), '--output', scope, 'seam');
  for (const name of [...packages, ...others, ...installed]) {
    const link = join(app, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(repository, 'node_modules', name), link);
  }
  writeFileSync(join(app, 'package.json'), '{ "type": "module" }');
  cpSync(fileURLToPath(new URL('after', import.meta.url)), join(app, 'src'), { recursive: true });
}, 300_000);
afterAll(() => rmSync(app, { recursive: true, force: true }));

const run = (...args: string[]) => promisify(execFile)(process.execPath, args, { cwd: app });

it('the example compiles and runs with the package, and no other file of this repository', async () => {
  const options = ['--module', 'nodenext', '--target', 'es2023', '--outDir', 'built', '--skipLibCheck'];
  const decorators = ['--experimentalDecorators', '--emitDecoratorMetadata', '--strict', '--types', 'node'];
  const compiler = join(repository, 'node_modules/typescript/bin/tsc');
  await run(compiler, ...options, ...decorators, 'src/main.ts');
  const start = `await import('./built/main.js'); process.kill(process.pid, 'SIGTERM');`;
  // Nest ends a process by the signal that it has got.
  const end: unknown = await run('--input-type=module', '--eval', `process.env.PORT = '0'; ${start}`).catch(
    (error: unknown) => error,
  );
  expect(end).toMatchObject({ signal: 'SIGTERM', stdout: expect.stringMatching(/^listening on http/) });
}, 300_000);
