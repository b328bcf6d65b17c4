import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Results } from '../../measure/src/lab/results.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const entry = join(root, 'dist/measure/src/lab/main.js');

describe('the lab', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'lab-spec-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Everything that it starts has this folder in its command or its environment. */
  const lab = (...args: string[]) =>
    spawn(process.execPath, [entry, ...args, '--out', join(folder, 'report')], {
      cwd: root,
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const leftovers = () => ({
    processes: pids().filter((pid) => `${partOf(pid, 'cmdline')}${partOf(pid, 'environ')}`.includes(folder)),
    files: readdirSync(folder).filter((name) => name.startsWith('tearline-')),
  });

  it('measures a topology and writes a report', { timeout: 480_000 }, async () => {
    const child = lab('--alone', 'articles', '--quick', '--times', '0.2', '--without', 'deploy,scaling');
    const [code, output] = await ended(child);
    expect(output).toMatch(/left\] rounds: round 1 of 2, [\d., ]+ requests a second: articles/);
    const percentages = [...output.matchAll(/^\[ *(\d+) %/gm)].map(([, percent]) => Number(percent));
    expect(percentages).toEqual(percentages.toSorted((one, other) => one - other));
    expect(code).toBe(0);

    const results = JSON.parse(readFileSync(join(folder, 'report/report.json'), 'utf8')) as Results;
    const { saturation, paced, memory } = results.measured['articles-alone']!;
    expect(saturation).toHaveLength(2);
    for (const round of [...saturation, ...paced.flat()]) {
      expect(round).toMatchObject({ errors: 0, requests: expect.any(Number) });
      expect(round.p50).toBeGreaterThan(0);
      expect(round.p99).toBeGreaterThanOrEqual(round.p50);
    }
    const used = saturation.map(({ cpu }) => cpu);
    expect(Math.min(...used.map(({ hosts }) => hosts))).toBeGreaterThan(0.1);
    expect(Math.max(...used.map(({ postgres }) => postgres))).toBeGreaterThan(0);
    expect(memory[0]!.hosts).toBeGreaterThan(100);
    expect(saturation[0]!.remote).toBeGreaterThan(0.3);

    const { bytes, delays } = results.network['articles-alone']!;
    expect(bytes).toBeGreaterThan(100);
    expect(delays.map(({ milliseconds }) => milliseconds)).toEqual([0, 0.5, 2]);
    for (const { rounds } of delays) expect(rounds[0]!.p50).toBeGreaterThan(0);

    const killed = results.faults['articles-alone']!;
    expect(killed.map(({ host, fault }) => [host, fault])).toEqual([
      ['app', 'kill'],
      ['articles', 'kill'],
    ]);
    for (const { failed } of killed) expect(Object.keys(failed)).not.toEqual([]);
    expect(killed[1]!.failed).not.toHaveProperty('login');
    expect(killed[1]!.failed).not.toHaveProperty('profile');

    for (const file of ['report.html', 'report.md'])
      expect(existsSync(join(folder, 'report', file))).toBe(true);
    expect(leftovers()).toEqual({ processes: [], files: [] });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'stops everything after %s',
    { timeout: 240_000 },
    async (signal) => {
      const child = lab('--alone', 'articles', '--quick');
      const end = ended(child);
      await untilPrinted(child, 'rounds: warming up');
      expect(leftovers().processes.length).toBeGreaterThan(3);
      const sent = performance.now();
      child.kill(signal);
      expect((await end)[0]).toBe(1);
      expect(performance.now() - sent).toBeLessThan(10_000);
      expect(leftovers()).toEqual({ processes: [], files: [] });
      expect(existsSync(join(folder, 'report'))).toBe(false);
    },
  );

  it('refuses an unknown topology before it starts anything', async () => {
    expect(await ended(lab('monolit', 'media'))).toEqual([
      2,
      "no topology 'monolit'; did you mean 'monolith'?\n",
    ]);
  });
});

const pids = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

/** Empty for a process that has ended. */
function partOf(pid: string, part: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${pid}/${part}`, 'utf8');
  } catch {
    return '';
  }
}

async function ended(child: ChildProcess): Promise<[number | null, string]> {
  const [[code], errors] = await Promise.all([
    once(child, 'exit') as Promise<[number | null]>,
    text(child.stderr!),
    text(child.stdout!),
  ]);
  return [code, errors];
}

async function untilPrinted(child: ChildProcess, words: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let all = '';
  child.once('exit', () => reject(new Error(`it ended before it printed '${words}':\n${all}`)));
  child.stderr!.on('data', (chunk: Buffer) => {
    all += chunk.toString();
    if (all.includes(words)) resolve();
  });
  await promise;
}
