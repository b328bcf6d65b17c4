import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('a short run of bench:logs has all figures', async () => {
  const few = ['--lines', '6000', '--processes', '2', '--searched', '10000', '--kills', '1', '--rounds', '1'];
  const { stdout } = await promisify(execFile)(process.execPath, ['dist/measure/src/bench/logs.js', ...few]);
  expect(stdout).toContain('written 6000, dropped 0, found 6000, different 6000');
  expect(stdout).toMatch(/lines lost \d+–\d+, median \d+/);
  expect(stdout).toMatch(/^\| both .* \d+\.\d\d /m);
  expect(stdout).toMatch(/^\| one trace in a day +\| 1 /m);
  expect(stdout).not.toMatch(/NaN|undefined|Infinity/);
}, 240_000);
