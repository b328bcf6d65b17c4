import { beforeEach, expect, it } from 'vitest';
import { mediaSettings } from '../media.settings.js';
import { UploadLimit } from './upload-limit.js';

let limit: UploadLimit;
beforeEach(() => {
  limit = new UploadLimit({ ...mediaSettings({}), MEDIA_CONCURRENT_UPLOADS: 8 });
});

/** Begins an upload; it lasts until `end` is called. */
function begin(user: number) {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { end: resolve, ended: limit.run(user, () => promise) };
}

it('one user has a quarter of the concurrent uploads, and gets 429 beyond it', async () => {
  const uploads = [begin(1), begin(1)];
  await expect(begin(1).ended).rejects.toMatchObject({ code: 'media/too-many', data: { retryAfter: 1 } });
  const other = begin(2);
  uploads[0]!.end();
  await uploads[0]!.ended;
  const next = begin(1);
  for (const { end, ended } of [uploads[1]!, other, next]) {
    end();
    await ended;
  }
});

it('a process has so many concurrent uploads, and is unavailable beyond them', async () => {
  const uploads = [1, 1, 2, 2, 3, 3, 4, 4].map(begin);
  await expect(begin(5).ended).rejects.toMatchObject({ code: 'unavailable' });
  uploads[0]!.end();
  await uploads[0]!.ended;
  const next = begin(5);
  for (const { end, ended } of [...uploads, next]) {
    end();
    await ended;
  }
});

it('an upload that fails gives its place back', async () => {
  for (let times = 0; times < 20; times += 1)
    await expect(limit.run(1, () => Promise.reject(new Error('broken off')))).rejects.toThrow('broken off');
});
