import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { Consumer } from './consumer.js';

const parent = mkdtempSync(join(tmpdir(), 'seam-consumers-'));
afterAll(() => rmSync(parent, { recursive: true, force: true }));

/** No ES module may be loaded by `require`, as where Jest or an older Node.js 22 runs an application. */
const onlyCommonJs = '--no-experimental-require-module';
const jest = ['jest/bin/jest.js'] as const;
const vitest = [
  'vitest/vitest.mjs',
  'run',
  '--globals',
  '--testTimeout=120000',
  '--hookTimeout=120000',
  'dist',
] as const;

const consumers = [
  { name: 'nest-11.0-commonjs-jest', test: jest, nodeOptions: onlyCommonJs },
  { name: 'nest-11-express-jest', test: jest, nodeOptions: onlyCommonJs },
  { name: 'nest-11-fastify-vitest', test: vitest },
  { name: 'nest-12-fastify-vitest', test: vitest },
];

const base = ['--experimentalDecorators', '--emitDecoratorMetadata', '--strict', '--types', 'node'];
const compilerOptions: Readonly<Record<string, readonly string[]>> = {
  'nest-11.0-commonjs-jest': [
    '--module commonjs --moduleResolution node10 --target es2017',
    '--module commonjs --moduleResolution node10 --target es2021 --lib es2021',
    '--module node16 --target es2021 --lib es2021',
    '--module esnext --moduleResolution bundler --target es2021 --lib es2021',
  ],
  'nest-12-fastify-vitest': [
    '--ignoreConfig --module nodenext --target es2021 --lib es2021',
    '--ignoreConfig --module esnext --moduleResolution bundler --target es2021 --lib es2021',
  ],
};

describe.runIf(inject('hasRegistry'))('an application with the packed seam', () => {
  it.concurrent.each(consumers)(
    '$name compiles, and passes its tests as one process and as two',
    async ({ name, test, nodeOptions }) => {
      const consumer = new Consumer(name, parent, nodeOptions);
      await consumer.install(inject('tarballs').seam);
      await consumer.without('zod', async () => {
        for (const options of compilerOptions[name] ?? [])
          await consumer.run(
            'typescript/bin/tsc',
            '--noEmit',
            ...base,
            ...options.split(' '),
            'types/every-type.ts',
          );
        await consumer.node('--input-type=module', '--eval', 'import "@tearline/seam"');
        if (nodeOptions) await consumer.node('--input-type=commonjs', '--eval', 'require("@tearline/seam")');
      });
      await consumer.run('typescript/bin/tsc');
      const [program, ...args] = test;
      await expect(consumer.run(program, ...args)).resolves.toBeDefined();
    },
    1_800_000,
  );
});
