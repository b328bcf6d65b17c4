import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const OUTPUT = 'dist/apps/sample/src/main.js';

/** A program that runs until SIGTERM, or until its parent is gone. It prints its name and pid; TypeScript in it shows that it was compiled. */
const program = (name: string, onSigterm = 'process.exit()') => `
  const name: string = '${name}';
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && process.exit(), 200);
  process.on('SIGTERM', () => { ${onSigterm} });
  console.log(name, process.pid);`;

let tree: string;
let builder: ChildProcess;
let output = '';

beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), 'build-'));
  for (const folder of ['apps/sample/src', 'libs', 'examples', 'measure', 'test'])
    mkdirSync(join(tree, folder), { recursive: true });
  for (const file of ['tools/build.ts', '.swcrc', 'package.json']) cpSync(join(root, file), join(tree, file));
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
});

afterEach(() => {
  builder.kill('SIGKILL');
  rmSync(tree, { recursive: true, force: true });
});

const save = (code: string) => writeFileSync(join(tree, 'apps/sample/src/main.ts'), code);

function watchAndRun(): void {
  output = '';
  builder = spawn(process.execPath, ['tools/build.ts', '--watch', '--', process.execPath, OUTPUT], {
    cwd: tree,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [builder.stdout!, builder.stderr!])
    stream.setEncoding('utf8').on('data', (printed: string) => (output += printed));
}

/** Waits until the program with this name runs. @returns its pid */
async function running(name: string): Promise<number> {
  const printed = new RegExp(`^${name} (\\d+)$`, 'm');
  await expect.poll(() => output).toMatch(printed);
  return Number(printed.exec(output)![1]);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('node tools/build.ts --watch -- COMMAND', () => {
  it('restarts the command with the new code when a source changes', async () => {
    save(program('first'));
    watchAndRun();
    const first = await running('first');
    save(program('second'));
    const second = await running('second');
    expect(isAlive(first)).toBe(false);
    save(program('third'));
    await running('third');
    expect(isAlive(second)).toBe(false);
  });

  it('reports a syntax error, and leaves the process alone until the source is mended', async () => {
    save(program('first'));
    watchAndRun();
    const first = await running('first');
    save(`${program('broken')} const = ;`);
    await expect.poll(() => output).toMatch(/apps\/sample\/src\/main\.ts:6/);
    expect(isAlive(first)).toBe(true);
    save(program('mended'));
    await running('mended');
    expect(isAlive(first)).toBe(false);
    expect(output).not.toMatch(/^broken|Stack backtrace/m);
  });

  it('starts a command that ended by itself at the next change', async () => {
    save("console.log('ended', process.pid);");
    watchAndRun();
    const ended = await running('ended');
    await expect.poll(() => isAlive(ended)).toBe(false);
    save(program('second'));
    await running('second');
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('ends with the command at %s', async (signal) => {
    save(program('first'));
    watchAndRun();
    const first = await running('first');
    builder.kill(signal);
    await once(builder, 'exit');
    expect(isAlive(first)).toBe(false);
  });

  it('ends with the command at a signal during a restart, and starts no other', async () => {
    // Ends at the second signal: the first is the restart.
    save(
      program('first', "if (process.argv.push('') > 3) process.exit(); console.log('stopping', process.pid)"),
    );
    watchAndRun();
    const first = await running('first');
    save(program('second'));
    await running('stopping');
    builder.kill('SIGTERM');
    await once(builder, 'exit');
    expect(isAlive(first)).toBe(false);
    expect(output).not.toContain('second');
  });
});

it('fails with the usage for unknown arguments', async () => {
  builder = spawn(process.execPath, ['tools/build.ts', '--wach'], {
    cwd: tree,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [printed, [code]] = await Promise.all([text(builder.stderr!), once(builder, 'exit')]);
  expect({ printed, code }).toEqual({
    printed: expect.stringContaining('usage: node tools/build.ts'),
    code: 2,
  });
});
