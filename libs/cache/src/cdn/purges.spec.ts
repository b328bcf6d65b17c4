import { Logger } from '@nestjs/common';
import { CallContext, runCall } from '@tearline/seam';
import { Registry } from 'prom-client';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type ModuleDatabase, startModuleDatabase } from '../../../../test/support/module-database.js';
import { CountersByCache, registerCacheMetrics } from '../cache-metrics.js';
import { surrogateKey } from '../surrogate-keys.js';
import type { Tag } from '../tag-version.js';
import { createPurgeTable } from './create-purge-table.js';
import { PurgeSweep } from './purge-sweep.js';
import { Purger } from './purger.js';
import { RecordingEdge } from './recording-edge.fixture.js';

const SECRET = 'secret of the edge';
const RECORD = `
  insert into purges (edge, id, keys, at)
  select $1, gen_random_uuid(), 'key-' || number, clock_timestamp() - $3 * interval '1 second'
  from generate_series(1, $2) number`;

let module: ModuleDatabase;
let edge: RecordingEdge;
let other: RecordingEdge;
let sweeps: PurgeSweep[] = [];
let purgers: Purger[] = [];

beforeAll(async () => {
  Logger.overrideLogger(false);
  module = await startModuleDatabase({
    schema: 'notes',
    migrations: async () => [createPurgeTable('notes')],
  });
});
afterAll(() => module.stop());
beforeEach(async () => {
  [edge, other] = [new RecordingEdge(), new RecordingEdge()];
  await Promise.all([edge.start(), other.start()]);
});
afterEach(async () => {
  await Promise.all(sweeps.map((sweep) => sweep.stop()));
  for (const purger of purgers) purger.close();
  [sweeps, purgers] = [[], []];
  await Promise.all([edge.stop(), other.stop()]);
  await module.dataSource.query('delete from purges');
});

/** A process of the module, as far as purges go. */
function startProcess(...edges: RecordingEdge[]): { purger: Purger; sweep: PurgeSweep } {
  const purger = new Purger({ urls: edges.map(({ url }) => url), secret: SECRET, waitMs: 0 });
  purger.register('notes', module.dataSource);
  const sweep = new PurgeSweep('notes', module.dataSource, purger);
  purgers.push(purger);
  sweeps.push(sweep);
  return { purger, sweep };
}

const inCall = <T>(work: () => Promise<T>) =>
  runCall(new CallContext({ requestId: 'r', deadline: performance.now() + 30_000 }), work);

const record = (purger: Purger, ...tags: Tag[]) =>
  module.dataSource.transaction((manager) => purger.record(manager, tags));

const change = (purger: Purger, ...tags: Tag[]) =>
  inCall(async () => {
    await record(purger, ...tags);
    await purger.purge('notes', tags);
  });

const rowsOf = async ({ url }: RecordingEdge) =>
  (await module.dataSource.query<unknown[]>('select from purges where edge = $1', [url])).length;

const untilNoRows = async (of: RecordingEdge) => {
  await expect.poll(() => rowsOf(of)).toBe(0);
};

it('purges after the commit, and deletes the record without a sweep', async () => {
  const { purger } = startProcess(edge);
  await change(purger, 'notes:a', 'notes:b');
  await untilNoRows(edge);
  expect(edge.purges).toEqual([[surrogateKey('notes:a'), surrogateKey('notes:b')]]);
});

it.each([
  ['refuses connections', (of: RecordingEdge) => of.stop(), (of: RecordingEdge) => of.start()],
  ['answers 503', async (of: RecordingEdge) => void (of.answer = 503), async () => undefined],
  ['hangs', async (of: RecordingEdge) => void (of.answer = 'hang'), async () => undefined],
])(
  'sends every purge to an edge that for a while %s, and meanwhile to the others',
  async (_, fail, recover) => {
    await fail(edge);
    const { purger, sweep } = startProcess(edge, other);
    sweep.start();
    const tags = Array.from({ length: 200 }, (_value, index): Tag => `notes:${index}`);
    await Promise.all(tags.map((tag) => change(purger, tag)));
    await untilNoRows(other);
    expect(other.keys).toEqual(new Set(tags.map(surrogateKey)));
    expect(await rowsOf(edge)).toBe(200);
    await recover(edge);
    edge.answer = 200;
    await untilNoRows(edge);
    expect(edge.keys).toEqual(new Set(tags.map(surrogateKey)));
  },
);

it('another process sends the purge of one that ended after the commit', async () => {
  const { purger } = startProcess(edge);
  await inCall(() => record(purger, 'notes:a'));
  purger.close();
  startProcess(edge).sweep.start();
  await untilNoRows(edge);
  expect([...edge.keys]).toEqual([surrogateKey('notes:a')]);
});

it('does not purge what is rolled back', async () => {
  const { purger, sweep } = startProcess(edge);
  const rolledBack = module.dataSource.transaction(async (manager) => {
    await purger.record(manager, ['notes:rolled-back']);
    throw new Error('rolled back');
  });
  await expect(rolledBack).rejects.toThrow('rolled back');
  await inCall(() => record(purger, 'notes:later'));
  sweep.start();
  await untilNoRows(edge);
  expect([...edge.keys]).toEqual([surrogateKey('notes:later')]);
});

it('keeps the record of a transaction that commits after another purge of its call', async () => {
  const { purger } = startProcess(edge);
  await inCall(async () => {
    const open = await module.begin();
    await purger.record(open.manager, ['notes:b']);
    await record(purger, 'notes:a');
    await purger.purge('notes', ['notes:a']);
    await open.commit();
    await expect.poll(() => rowsOf(edge)).toBe(1);
    edge.answer = 503;
    await purger.purge('notes', ['notes:b']);
    await expect.poll(() => edge.arrived).toBe(2);
  });
  expect(await rowsOf(edge)).toBe(1);
});

it('leaves it to the sweep when it cannot know which of two records with the same keys has committed', async () => {
  const { purger, sweep } = startProcess(edge);
  await inCall(async () => {
    await record(purger, 'notes:a');
    await change(purger, 'notes:b');
    await record(purger, 'notes:a');
    await purger.purge('notes', ['notes:a']);
  });
  sweep.start();
  await untilNoRows(edge);
  expect(edge.keys).toEqual(new Set(['notes:a', 'notes:b'].map(surrogateKey)));
});

it('purges every page instead of more than 5,000 purges', async () => {
  await module.dataSource.query(RECORD, [edge.url, 5_100, 60]);
  startProcess(edge).sweep.start();
  await untilNoRows(edge);
  expect(edge.purges[0]).toEqual(['all']);
  expect(edge.keys.size).toBe(101);
});

it('keeps what was acknowledged before the edge failed', async () => {
  await module.dataSource.query(RECORD, [edge.url, 1_000, 60]);
  edge.trustAnswer = 200;
  const { sweep } = startProcess(edge);
  const purged = edge.purges;
  const push = purged.push.bind(purged);
  purged.push = (...keys) => {
    edge.answer = 503;
    return push(...keys);
  };
  sweep.start();
  await expect.poll(() => edge.arrived).toBeGreaterThan(1);
  expect(await rowsOf(edge)).toBe(800);
});

it('lets an edge trust its pages for 10 s, less a second and the age of the oldest purge', async () => {
  const { sweep } = startProcess(edge, other);
  await module.dataSource.query(RECORD, [edge.url, 1, 2]);
  edge.answer = 503;
  edge.trustAnswer = 200;
  sweep.start();
  await expect.poll(() => edge.trusted.length * other.trusted.length).toBeGreaterThan(0);
  expect(edge.trusted[0]).toBeLessThanOrEqual(7);
  expect(edge.trusted[0]).toBeGreaterThan(0);
  expect(other.trusted[0]).toBe(9);
});

it('sends no trust while a purge is older than 9 s, and again once it is acknowledged', async () => {
  await module.dataSource.query(RECORD, [edge.url, 1, 9]);
  edge.answer = 503;
  edge.trustAnswer = 200;
  startProcess(edge).sweep.start();
  await expect.poll(() => edge.arrived).toBeGreaterThan(1);
  expect(edge.trusted).toEqual([]);
  edge.answer = 200;
  await expect.poll(() => edge.trusted).toContain(9);
});

it('an edge that is slow does not keep the trust from the others', async () => {
  await module.dataSource.query(RECORD, [edge.url, 4_000, 60]);
  edge.delayMs = 800;
  startProcess(edge, other).sweep.start();
  await expect.poll(() => other.trusted.length).toBeGreaterThan(2);
  expect(await rowsOf(edge)).toBeGreaterThan(0);
});

it('purges an edge that does not take the trust message', async () => {
  await module.dataSource.query(RECORD, [edge.url, 1, 3]);
  edge.trustAnswer = 404;
  startProcess(edge).sweep.start();
  await untilNoRows(edge);
  expect([...edge.keys]).toEqual(['key-1']);
});

it('two processes sweep the same purges', async () => {
  await module.dataSource.query(RECORD, [edge.url, 2_000, 60]);
  const processes = [startProcess(edge), startProcess(edge)];
  for (const { sweep } of processes) sweep.start();
  await untilNoRows(edge);
  await expect.poll(() => edge.trusted.length).toBeGreaterThan(1);
  expect(edge.keys.size).toBe(2_000);
  expect(processes.map(({ purger }) => purger.edges[0]!.purges.failed)).toEqual([0, 0]);
});

it('a stop waits for one purge at most while the edge hangs, and keeps the purges', async () => {
  await module.dataSource.query(RECORD, [edge.url, 4_000, 60]);
  edge.answer = 'hang';
  edge.trustAnswer = 200;
  const { sweep } = startProcess(edge);
  sweep.start();
  await expect.poll(() => edge.arrived).toBe(1);
  await sweep.stop();
  expect([edge.arrived, await rowsOf(edge)]).toEqual([1, 4_000]);
});

it('a stop waits for one purge at most while the edge is slow', async () => {
  await module.dataSource.query(RECORD, [edge.url, 4_000, 60]);
  edge.delayMs = 400;
  const { sweep } = startProcess(edge);
  sweep.start();
  await expect.poll(() => edge.arrived).toBe(1);
  await sweep.stop();
  expect([edge.arrived, await rowsOf(edge)]).toEqual([1, 3_800]);
});

it('counts purges, and shows the age of the oldest one', async () => {
  await module.dataSource.query(RECORD, [edge.url, 1, 60]);
  edge.answer = 503;
  const { purger, sweep } = startProcess(edge);
  const registry = new Registry();
  registerCacheMetrics(registry, new CountersByCache(), purger.edges);
  sweep.start();
  await expect.poll(() => purger.edges[0]!.purges.failed).toBeGreaterThan(0);
  const failed = await registry.metrics();
  const labels = `module="notes",edge="${edge.url}"`;
  expect(failed).toContain(`cache_purges_total{edge="${edge.url}",result="acknowledged"} 0\n`);
  expect(failed).toMatch(new RegExp(`cache_purges_oldest_seconds\\{${labels}\\} 6\\d\\.`));
  edge.answer = 200;
  await expect.poll(() => registry.metrics()).toContain(`cache_purges_oldest_seconds{${labels}} 0\n`);
  expect(await registry.metrics()).toContain(
    `cache_purges_total{edge="${edge.url}",result="acknowledged"} 1\n`,
  );
});
