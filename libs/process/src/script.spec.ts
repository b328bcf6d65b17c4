import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runScript, script, UsageError } from './script.js';

const SECRETS = [join(process.cwd(), 'dist/apps/cli/src/main.js'), 'secrets', '--help'];

it('a script whose results cannot be written says so and fails', () => {
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, SECRETS, {
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(full);
  expect([status, stderr]).toEqual([1, expect.stringMatching(/^standard output: ENOSPC.*\n$/)]);
});

it('a script whose reader has left ends without an error', () => {
  const program = `"${process.execPath}" ${SECRETS.join(' ')}`;
  const command = `{ ${program}; echo "code $?" >&2; } | true`;
  const { stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  expect(stderr).toBe('code 0\n');
});

it('a failure is reported with its causes', async () => {
  const reported = async (error: Error) => {
    const notes: string[] = [];
    const command = script('it', { print: () => undefined, note: (line) => notes.push(line) });
    const code = await runScript(
      command.action(() => {
        throw error;
      }),
      [],
    );
    return [code, ...notes];
  };
  const cause = new Error('connect ECONNREFUSED');
  expect(await reported(new TypeError('fetch failed', { cause }))).toEqual([
    1,
    'fetch failed: connect ECONNREFUSED',
  ]);
  expect(await reported(new Error(`no answer (${cause.message})`, { cause }))).toEqual([
    1,
    'no answer (connect ECONNREFUSED)',
  ]);
  expect(await reported(new UsageError('PORT: set another one', { cause }))).toEqual([
    2,
    'PORT: set another one',
  ]);
});
