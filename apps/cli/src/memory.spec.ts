import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { run } from './captured-output.fixture.js';

// What a report says is tested with processes that are killed: test/faults/memory.spec.ts.

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'evidence-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

it('reports on the folder of the setting, or on another one', async () => {
  const [one, other] = [folder(), folder()];
  expect(await run({ MEMORY_EVIDENCE_DIR: one }, 'memory', 'report')).toMatchObject({
    code: 0,
    printed: `No evidence in ${one}.\n`,
  });
  expect(await run({ MEMORY_EVIDENCE_DIR: one }, 'memory', 'report', '--dir', other)).toMatchObject({
    code: 0,
    printed: `No evidence in ${other}.\n`,
  });
  expect(await run({}, 'memory', 'report', '--dir', one, '--json')).toMatchObject({
    code: 0,
    printed: '[]\n',
  });
});

it.each([
  [[], /set MEMORY_EVIDENCE_DIR, or add --dir <folder>/],
  [['--dir', '/no/such/folder'], /there is no folder '\/no\/such\/folder'/],
  [['--dir', '.', '--functions', 'many'], /Expected a whole number from 1 to 100/],
])('refuses %j', async (args, message) => {
  const { code, noted } = await run({}, 'memory', 'report', ...args);
  expect([code, noted]).toEqual([2, expect.stringMatching(message)]);
});
