import type { ReadCache } from '@tearline/cache';
import { Transactions } from '@tearline/database';
import { Outbox } from '@tearline/events';
import type { SeamError } from '@tearline/seam';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ModuleDatabase, startModuleDatabase } from '../../../../test/support/module-database.js';
import { data, manifest } from './index.js';
import { MediaFiles } from './media-files.js';
import { mediaSettings } from './media.settings.js';
import { newGeneration } from './storage/keys.js';
import { UploadRateLimit } from './upload/upload-rate-limit.js';

const LOCK = 'select from files where hash = $1 for update';
const CLAIM = 'insert into claims (user_id, hash) values ($2, $1)';
const [OWNER, OTHER] = [1, 2];
const MAX_BYTES = 25;

let database: ModuleDatabase;
let outbox: Outbox;
let files: MediaFiles;
let number = 0;
let hash: string;

beforeAll(async () => {
  database = await startModuleDatabase(data);
  outbox = new Outbox(manifest, [manifest], () => undefined);
  const settings = { ...mediaSettings(), MEDIA_BYTES_PER_USER: MAX_BYTES };
  const cache = { record: async () => undefined, invalidate: async () => undefined };
  files = new MediaFiles(
    database.dataSource,
    new Transactions(database.dataSource),
    outbox,
    settings,
    cache as unknown as ReadCache,
  );
});
afterAll(() => database?.stop());
beforeEach(async () => {
  await database.dataSource.query('delete from files');
  hash = newHash();
});

const newHash = () => `${(number += 1)}`.padStart(64, '0');
const claim = (user: number, of = hash) =>
  files.claim(user, { hash: of, bytes: 10, kind: 'png' }, newGeneration());
const show = (source: string, shown: readonly string[]) =>
  database.dataSource.transaction((manager) => files.setReferences(manager, source, shown));
const isThere = async () => {
  const found = await database.dataSource.query<unknown[]>('select from files where hash = $1', [hash]);
  return found.length > 0;
};
const tooMuch = { code: 'file/exceeds-what-you-may-store' };

describe('the quota', () => {
  it('limits the bytes of each user', async () => {
    await claim(OWNER);
    await claim(OWNER, newHash());
    await expect(claim(OWNER, newHash())).rejects.toMatchObject(tooMuch);
    expect(await claim(OTHER, newHash())).toBeDefined();
  });

  it('counts a picture once, and not when it has failed', async () => {
    const { generation } = (await claim(OWNER))!;
    for (let times = 0; times < 3; times += 1) await claim(OWNER);
    const file = { hash, generation };
    await database.dataSource.transaction((manager) => files.markFailed(manager, file, 'unreadable'));
    await claim(OWNER, newHash());
    await claim(OWNER, newHash());
    expect(await claim(OWNER)).toMatchObject({ status: 'failed' });
    await expect(claim(OWNER, newHash())).rejects.toMatchObject(tooMuch);
  });

  it('holds for concurrent uploads', async () => {
    await claim(OWNER);
    const gate = Promise.withResolvers<void>();
    const enqueue = vi.spyOn(outbox, 'enqueue').mockImplementationOnce(() => gate.promise);
    const first = claim(OWNER, newHash());
    await vi.waitFor(() => expect(enqueue).toHaveBeenCalled());
    const both = Promise.allSettled([first, claim(OWNER, newHash())]);
    await database.untilWaiting();
    gate.resolve();
    expect(await both).toMatchObject([{ status: 'fulfilled' }, { reason: tooMuch }]);
  });
});

it('uploads are limited per user and minute, and the counts of past minutes are deleted', async () => {
  const { dataSource } = database;
  const rateLimit = new UploadRateLimit(dataSource, { ...mediaSettings(), MEDIA_UPLOADS_PER_MINUTE: 2 });
  const outcomes: string[] = [];
  // Another minute may begin in between.
  for (let upload = 1; upload <= 5; upload += 1)
    outcomes.push(
      await rateLimit.count(OWNER).then(
        () => 'counted',
        ({ code }: SeamError) => code,
      ),
    );
  expect(outcomes.slice(0, 2)).toEqual(['counted', 'counted']);
  expect(outcomes).toContain('media/too-many');
  await rateLimit.count(OTHER);
  await dataSource.query("update upload_counts set minute = minute - interval '1 hour'");
  await rateLimit.count(OWNER);
  await rateLimit.prune();
  expect(await dataSource.query('select uploads from upload_counts')).toEqual([{ uploads: 1 }]);
});

describe('a claim', () => {
  it('is given up by its owner only', async () => {
    await claim(OWNER);
    await expect(files.release(OTHER, hash)).rejects.toMatchObject({ code: 'media/forbidden' });
    expect(await isThere()).toBe(true);
    expect(await files.release(OWNER, hash)).toMatchObject({ hash });
    await expect(files.release(OWNER, hash)).rejects.toMatchObject({ code: 'media/not-found' });
  });

  it('is whose upload comes last, also when the former owner gives it up in between', async () => {
    await claim(OWNER);
    const leaving = await database.begin([LOCK, [hash]]);
    const generation = newGeneration();
    const claimed = files.claim(OTHER, { hash, bytes: 10, kind: 'png' }, generation);
    await database.untilWaiting();
    await leaving.query('delete from files');
    await leaving.commit();
    expect(await claimed).toMatchObject({ hash, generation });
  });

  it('keeps the picture when the former owner gives it up at the same time', async () => {
    await claim(OWNER);
    const claiming = await database.begin([LOCK, [hash]], [CLAIM, [hash, OTHER]]);
    const released = files.release(OWNER, hash);
    await database.untilWaiting();
    await claiming.commit();
    expect(await released).toBeUndefined();
    expect(await isThere()).toBe(true);
  });

  it('keeps the picture from a sweep at the same time, which does not wait', async () => {
    await claim(OWNER);
    await database.dataSource.query('delete from claims');
    const claiming = await database.begin([LOCK, [hash]], [CLAIM, [hash, OTHER]]);
    expect(await files.deleteUnused()).toEqual([]);
    await claiming.commit();
    expect(await files.deleteUnused()).toEqual([]);
    expect(await isThere()).toBe(true);
  });
});

describe('a picture that an article shows', () => {
  const used = async () => (await claim(OWNER))!.used;

  it('is used until no article and no user shows it', async () => {
    await claim(OWNER);
    await show('article/1', [hash]);
    await show('user/1', [hash]);
    await show('article/1', []);
    expect(await used()).toBe(true);
    expect(await files.release(OWNER, hash)).toBeUndefined();
    await show('user/1', []);
    expect(await used()).toBe(false);
  });

  it('is used when another article stops showing it at the same time', async () => {
    await claim(OWNER);
    await show('article/1', [hash]);
    const showing = await database.begin();
    await files.setReferences(showing.manager, 'article/2', [hash]);
    const stopped = show('article/1', []);
    await database.untilWaiting();
    await showing.commit();
    await stopped;
    expect(await used()).toBe(true);
  });

  it('is not deleted by a sweep at the same time', async () => {
    await claim(OWNER);
    await database.dataSource.query('delete from claims');
    const showing = await database.begin();
    await files.setReferences(showing.manager, 'article/1', [hash]);
    expect(await files.deleteUnused()).toEqual([]);
    await showing.commit();
    expect(await isThere()).toBe(true);
  });
});
