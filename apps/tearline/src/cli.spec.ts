import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { run } from './captured-output.fixture.js';

it.each(['analyze', 'init', 'extract', 'inline'])('prints its help: %s --help', async (command) => {
  const { code, printed } = await run(command, '--help');
  expect({ code, printed }).toEqual({ code: 0, printed: expect.stringContaining(`tearline ${command} `) });
  expect((await run('--help')).printed).toContain(`  ${command} `);
});

it('prints its version', async () => {
  expect((await run('--version')).printed).toMatch(/^\d+\.\d+\.\d+\n$/);
});

it.each([
  [['analyse'], "unknown command 'analyse'\n(Did you mean analyze?)"],
  [['analyze', '--format'], 'npx tearline analyze --help lists the options'],
  [['analyze', '/nowhere/at/all'], '/nowhere/at/all: expected the folder of a Nest application'],
])('reports a usage error: %j', async (args, message) => {
  expect(await run(...args)).toEqual({ code: 2, printed: '', noted: expect.stringContaining(message) });
});

it('refuses a folder without a Nest application', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'tearline-'));
  onTestFinished(() => rmSync(empty, { recursive: true }));
  const { code, noted } = await run('analyze', empty);
  expect({ code, noted }).toEqual({ code: 2, noted: expect.stringContaining("imports '@nestjs/common'") });
});
