import { SeamError } from '@tearline/seam';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Revocations } from './revocations.js';
import { SampleAuthority, SampleBroadcaster } from './sample-authority.fixture.js';

let authority: SampleAuthority;
let broadcaster: SampleBroadcaster;
const open: Revocations[] = [];

beforeEach(() => {
  [authority, broadcaster] = [new SampleAuthority(), new SampleBroadcaster()];
});
afterEach(async () => {
  vi.useRealTimers();
  for (const each of open.splice(0)) await each.onModuleDestroy();
});

/** The list of one process. */
function start(): Revocations {
  const revocations = new Revocations(authority, broadcaster);
  open.push(revocations);
  revocations.onApplicationBootstrap();
  return revocations;
}

async function started(): Promise<Revocations> {
  const revocations = start();
  await expect.poll(() => revocations.isCurrent(1_000, 0, Date.now()) === true).toBe(true);
  return revocations;
}

/** A token of a user's first generation. */
const accepts = async (revocations: Revocations, userId = 7) => revocations.isCurrent(userId, 0, Date.now());

it('learns at the start what was revoked before, over several pages, and then asks no more', async () => {
  authority.pageSize = 2;
  for (let userId = 1; userId <= 5; userId += 1) authority.changes.push({ userId, generation: 1, at: 9 });
  const revocations = await started();
  for (let userId = 1; userId <= 5; userId += 1) expect(await accepts(revocations, userId)).toBe(false);
  const { credentials } = authority.calls;
  expect(revocations.isCurrent(6, 0, Date.now())).toBe(true);
  expect(authority.calls.credentials).toBe(credentials);
});

it('asks while its list is not there, and fails without an answer', async () => {
  authority.changes.push({ userId: 7, generation: 1, at: 9 });
  const revocations = new Revocations(authority, broadcaster);
  expect(await accepts(revocations, 7)).toBe(false);
  expect(await accepts(revocations, 8)).toBe(true);
  authority.isAway = true;
  await expect(accepts(revocations, 8)).rejects.toMatchObject({ code: 'unavailable' });
});

it('accepts tokens while their owner is of a release that revokes nothing', async () => {
  const revocations = new Revocations(authority, broadcaster);
  authority.credentials = async () => {
    throw new SeamError('incompatible');
  };
  expect(await accepts(revocations)).toBe(true);
});

it('revokes nothing without an authority', async () => {
  expect(new Revocations().isCurrent(7, 0, 0)).toBe(true);
});

it('hears of a revocation in another process, and tells its listeners once', async () => {
  const [one, other] = [await started(), await started()];
  const heard: unknown[] = [];
  other.onRevoked((revocation) => heard.push(revocation));
  await one.announce({ userId: 7, generation: 1 });
  await one.announce({ userId: 7, generation: 1 });
  expect(await accepts(one)).toBe(false);
  expect(await accepts(other)).toBe(false);
  expect(heard).toEqual([{ userId: 7, generation: 1 }]);
});

it('applies its own revocation whether the broadcast succeeds or not', async () => {
  const revocations = await started();
  broadcaster.publishNow = () => new Promise(() => undefined);
  await revocations.announce({ userId: 7, generation: 1 });
  expect(await accepts(revocations)).toBe(false);
});

it('ignores messages that are no revocations', async () => {
  const revocations = await started();
  for (const message of [null, 'x', {}, { userId: -1, generation: 1 }, { userId: 7, generation: 'x' }])
    await broadcaster.publishNow('identity', message);
  expect(await accepts(revocations)).toBe(true);
});

describe('a revocation whose broadcast was lost', () => {
  it('is found at once when the loss is noticed', async () => {
    const revocations = await started();
    authority.changes.push({ userId: 7, generation: 1, at: Date.now() });
    broadcaster.announceLoss();
    await expect.poll(() => accepts(revocations)).toBe(false);
  });

  it('is found within seconds when the loss is not noticed, also after identity was away', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const revocations = start();
    await vi.advanceTimersByTimeAsync(10);
    authority.isAway = true;
    await vi.advanceTimersByTimeAsync(20_000);
    authority.changes.push({ userId: 7, generation: 1, at: Date.now() });
    // It goes on with the list that it has.
    expect(await accepts(revocations)).toBe(true);
    authority.isAway = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await accepts(revocations)).toBe(false);
    authority.changes.push({ userId: 8, generation: 1, at: Date.now() });
    await vi.advanceTimersByTimeAsync(6_300);
    expect(await accepts(revocations, 8)).toBe(false);
  });
});
