import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = (bench: string, ...args: string[]) =>
  promisify(execFile)(process.execPath, [`dist/measure/src/bench/${bench}.js`, ...args]);

it.each([
  'main',
  'balance',
  'deep',
  'distance',
  'events',
  'login-attack',
  'logs',
  'media',
  'replicas',
  'runtimes',
  'seam',
  'traces',
  'ways',
])('%s prints its options, and refuses an unknown one', async (bench) => {
  expect((await run(bench, '--help')).stdout).toMatch(/^Usage: npm run bench/);
  await expect(run(bench, '--nonsense')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^error: unknown option '--nonsense'\n/),
  });
});

it('a short run of bench:events has all figures', async () => {
  const few = ['--samples', '3', '--rounds', '1', '--followers', '100'];
  const { stdout } = await run('events', '--brokers', 'postgres', ...few);
  const rows = stdout.split('\n').filter((line) => line.startsWith('| postgres'));
  expect(rows).toHaveLength(2);
  expect(stdout).not.toMatch(/NaN|undefined|Infinity/);
}, 180_000);
