import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { runScript } from '@tearline/process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCommand } from './new.js';

const root = resolve(import.meta.dirname, '..');
const REGISTRY = 'libs/modules/src/index.ts';
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'new-module-'));
  for (const folder of ['libs', 'test/e2e', 'test/support'])
    cpSync(join(root, folder), join(copy, folder), {
      recursive: true,
      filter: (file) => !/\/(dist|node_modules)$/.test(file),
    });
  // The workspaces of the copy, and the packages of the original.
  mkdirSync(join(copy, 'node_modules/@tearline'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules')).filter((each) => each !== '@tearline'))
    symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name));
  for (const name of readdirSync(join(copy, 'libs')))
    symlinkSync(join(copy, 'libs', name), join(copy, 'node_modules/@tearline', name));
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
    compilerOptions: object;
  };
  // The end-to-end tests read what the suite's setup provides.
  const include = ['libs/modules/gizmos', 'libs/modules/oddities', 'libs/modules/src', 'test/e2e/setup.ts'];
  const options = { ...compilerOptions, incremental: false, tsBuildInfoFile: undefined };
  cpSync(join(root, 'package.json'), join(copy, 'package.json'));
  writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include }));
});

afterAll(() => rmSync(copy, { recursive: true, force: true }));

async function run(...args: string[]) {
  let [printed, noted] = ['', ''];
  const output = {
    print: (text: string) => void (printed += text),
    note: (line: string) => void (noted += line),
  };
  return { code: await runScript(newCommand(copy, output), args), printed, noted };
}

describe('npm run new -- module', () => {
  it.each([
    ['Polls', "expected 2 to 24 lower-case letters and digits, e.g. polls, got 'Polls'"],
    ['my-polls', 'expected 2 to 24 lower-case letters and digits'],
    ['media', "expected a plural, e.g. polls, got 'media'"],
    ['queues', "'queues' is reserved"],
    ['articles', "the module 'articles' exists"],
  ])('refuses the name %s', async (name, message) => {
    expect(await run('module', name)).toEqual({
      code: 2,
      printed: '',
      noted: expect.stringContaining(message),
    });
  });

  it('writes nothing with --dry-run', async () => {
    const { code, printed } = await run('module', 'gizmos', '--dry-run');
    expect(code).toBe(0);
    expect(printed).toContain('create libs/modules/gizmos/src/contract.ts\n');
    expect(existsSync(join(copy, 'libs/modules/gizmos'))).toBe(false);
  });

  it('generates modules that compile, and adds one line each outside of their folders', async () => {
    const before = readFileSync(join(copy, REGISTRY), 'utf8').split('\n');
    for (const name of ['gizmos', 'oddities'])
      expect(await run('module', name)).toMatchObject({ code: 0, noted: '' });
    const added = readFileSync(join(copy, REGISTRY), 'utf8')
      .split('\n')
      .filter((line) => !before.includes(line));
    expect(added).toEqual([
      "  import('@tearline/modules/gizmos'),",
      "  import('@tearline/modules/oddities'),",
    ]);
    expect(readFileSync(join(copy, 'libs/modules/oddities/src/contract.ts'), 'utf8')).toContain(
      'OddityCreated',
    );

    const compiler = join(root, 'node_modules/typescript7/bin/tsc');
    const checked = promisify(execFile)(process.execPath, [compiler, '-p', copy, '--pretty', 'false']);
    expect(await checked.catch((error: { stdout: string }) => error)).toMatchObject({ stdout: '' });
    const prettier = join(root, 'node_modules/prettier/bin/prettier.cjs');
    const config = ['--config', join(root, '.prettierrc'), '--ignore-path', '/dev/null'];
    const files = [
      join(copy, 'libs/modules/gizmos'),
      join(copy, 'libs/modules/oddities'),
      join(copy, REGISTRY),
    ];
    const { stdout } = await promisify(execFile)(process.execPath, [
      prettier,
      '--check',
      ...config,
      ...files,
    ]);
    expect(stdout).toContain('All matched files');
  }, 120_000);
});
