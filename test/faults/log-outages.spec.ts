import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '@tearline/process';
import { afterEach, describe, expect, it } from 'vitest';

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
const HOST = join(process.cwd(), 'dist/test/faults/fixtures/logging-host.js');
/** More than a pipe and the queue of the log hold together. */
const PROBES = 400;
const LONG_PATH = `/health/live?${'x'.repeat(4_000)}`;

const undo: (() => void)[] = [];
afterEach(() => {
  for (const each of undo.splice(0).toReversed()) each();
});

/** A pipe in the file system. Its reader reads nothing by itself. */
function pipe(): { writer: number; reader: number } {
  const dir = mkdtempSync(join(tmpdir(), 'log-outages-'));
  undo.push(() => rmSync(dir, { recursive: true }));
  execFileSync('mkfifo', [join(dir, 'log')]);
  const reader = openSync(join(dir, 'log'), O_RDONLY | O_NONBLOCK);
  return { reader, writer: openSync(join(dir, 'log'), O_WRONLY) };
}

/** Starts a host with its output on a file descriptor, which this process then closes. */
async function startHost(output: number | 'pipe', format = 'json') {
  const [port] = await freePorts(1);
  const child = spawn(process.execPath, [HOST], {
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'debug',
      LOG_FORMAT: format,
    },
    stdio: ['ignore', output, output],
  });
  undo.push(() => child.kill('SIGKILL'));
  if (output !== 'pipe') closeSync(output);
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const get = (path: string) =>
    fetch(`http://127.0.0.1:${port}${path}`).then((reply) =>
      reply.text().then((text) => ({ status: reply.status, text })),
    );
  await expect
    .poll(
      () =>
        get('/health/ready').then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: 30_000 },
    )
    .toBe(200);
  return {
    /** Fills whatever takes the log. Returns the statuses. */
    probe: async () => {
      const statuses = new Set<number>();
      for (let sent = 0; sent < PROBES; sent += 1) statuses.add((await get(LONG_PATH)).status);
      return [...statuses];
    },
    lost: async () => Number(/^log_lines_lost_total (\d+)$/m.exec((await get('/metrics')).text)![1]),
    end: async (signal: NodeJS.Signals) => {
      const start = performance.now();
      child.kill(signal);
      const [code] = await exited;
      return { code, milliseconds: performance.now() - start };
    },
  };
}

const OUTPUTS: Readonly<Record<string, () => number | 'pipe'>> = {
  'a full disk': () => openSync('/dev/full', 'w'),
  'a closed pipe': () => {
    const { reader, writer } = pipe();
    setTimeout(() => closeSync(reader), 0);
    return writer;
  },
  'a pipe that is not read': () => {
    const { reader, writer } = pipe();
    undo.push(() => closeSync(reader));
    return writer;
  },
  'a socket that is not read': () => 'pipe',
};

describe.each(Object.entries(OUTPUTS))('with the log on %s', (_, open) => {
  it('a host serves, and ends with 0 on SIGTERM', async () => {
    const host = await startHost(open());
    expect(await host.probe()).toEqual([200]);
    expect(await host.lost()).toBeGreaterThan(0);
    const { code, milliseconds } = await host.end('SIGTERM');
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(10_000);
  });
});

const STUCK = ['a full disk', 'a pipe that is not read'];

describe.each(STUCK)('with the log on %s', (name) => {
  it('an uncaught exception ends a host with 1', async () => {
    const host = await startHost(OUTPUTS[name]!(), 'pretty');
    expect(await host.probe()).toEqual([200]);
    const { code, milliseconds } = await host.end('SIGUSR2');
    expect(code).toBe(1);
    // The log takes 300 ms of it at most. Without that limit the process does not end.
    expect(milliseconds).toBeLessThan(10_000);
  });
});

it('a host says how many lines were lost once its log is read', async () => {
  const { reader, writer } = pipe();
  undo.push(() => closeSync(reader));
  const host = await startHost(writer);
  await host.probe();
  const lost = await host.lost();
  const buffer = Buffer.alloc(65_536);
  let log = '';
  const read = () => {
    try {
      for (let length = 1; length > 0; log += buffer.toString('utf8', 0, length))
        length = readSync(reader, buffer);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    return log;
  };
  await expect.poll(read).toMatch(/"msg":"lines of the log were lost/);
  const line = read()
    .split('\n')
    .find((each) => each.includes('were lost'))!;
  expect(JSON.parse(line)).toMatchObject({ level: 40, lost: expect.any(Number) });
  expect((JSON.parse(line) as { lost: number }).lost).toBeGreaterThanOrEqual(lost);
  expect((await host.end('SIGTERM')).code).toBe(0);
  expect(read()).toMatch(/"msg":"closing"/);
});
