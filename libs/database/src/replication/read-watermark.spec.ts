import { CallContext, currentCall, type Position, ReadWatermark, runCall, covers } from '@tearline/seam';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { query } from '../../../../test/support/postgres.js';
import { positionOf } from './position.js';
import { type SampleHost, SampleServers } from './sample-hosts.fixture.js';

async function positionOfPrimary(): Promise<Position> {
  const sql =
    'select system_identifier::text as cluster, pg_current_wal_lsn()::text as lsn from pg_control_system()';
  const [row] = await query<{ cluster: string; lsn: string }>(servers.embedded.url, sql);
  return positionOf(row!.cluster, 1, row!.lsn);
}

const WITHIN = { timeout: 10_000, interval: 10 };
const servers = new SampleServers();
let alone: SampleHost;
let replicated: SampleHost;

beforeAll(async () => {
  await servers.start({ synchronous: true, replicas: 1 });
  // One reads from the primary, the other one from the replica.
  [alone, replicated] = await Promise.all([
    servers.host({ replicas: {}, isCached: true }),
    servers.host({ isCached: true }),
  ]);
});
afterAll(() => servers.stop());

/** Returns the result of a read, and the position that it is known to cover. */
async function readOn(host: SampleHost): Promise<{ texts: string[]; position: Position | null | undefined }> {
  const watermark = new ReadWatermark();
  const call = new CallContext({
    requestId: 'r',
    deadline: performance.now() + 30_000,
    readWatermark: watermark,
  });
  const texts = await runCall(call, () => host.notes.texts());
  return { texts, position: watermark.toWire()['notes'] };
}

/** @returns the position of the write */
const write = (text: string, host = alone): Promise<Position> =>
  host.request(async () => {
    await host.repository.insert({ text });
    return currentCall()!.consistency.requiredPosition('notes')!;
  });

it.each([
  ['the only server', () => alone],
  ['a replica', () => replicated],
])('a read of %s is known to cover a write once there is a later write', async (_, host) => {
  const position = await write('one');
  await write('another');
  await expect.poll(async () => covers((await readOn(host())).position, position), WITHIN).toBe(true);
  expect((await readOn(host())).texts).toContain('one');
});

it('a read does not claim to cover a write that is in the WAL and not visible yet', async () => {
  const [replica] = servers.embedded.replicas;
  const before = await write('before');
  await replica!.pause();
  // The write is in the WAL, and becomes visible when the replica has acknowledged it.
  const writing = write('late');
  const reads = [];
  try {
    await expect.poll(async () => (await positionOfPrimary()) > before, WITHIN).toBe(true);
    for (let index = 0; index < 60; index += 1) {
      reads.push(await readOn(alone));
      await pause(10);
    }
  } finally {
    await replica!.resume();
  }
  expect(reads.some(({ texts }) => texts.includes('late'))).toBe(false);
  const position = await writing;
  expect(reads.filter((read) => covers(read.position, position))).toEqual([]);
});

it('a host with one server and without a cache queries no positions', async () => {
  const plain = await servers.host({ replicas: {} });
  expect(await write('one', plain)).toBeUndefined();
  expect((await readOn(plain)).position).toBeUndefined();
});
