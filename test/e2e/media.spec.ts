import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { describe, expect, it, vi } from 'vitest';
import { atOnce } from '../support/at-once.js';
import {
  articlePath,
  type ArticleBody,
  publish,
  profilePath,
  type ProfileBody,
  register,
  type UserBody,
} from '../support/conduit.js';
import {
  formWith,
  type MediaBody,
  mediaThatIs,
  picture,
  sendForm,
  settled,
  upload,
  uploadReady,
  variants,
} from '../support/media.js';
import { api } from './client.js';

/** Pictures are made one after the other, and those of all tests wait in one queue. */
vi.setConfig({ testTimeout: 120_000 });

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

async function shown(path: string): Promise<Buffer> {
  const response = await fetch(api.baseUrl + path);
  expect([path, response.status]).toEqual([path, 200]);
  return Buffer.from(await response.arrayBuffer());
}

describe('an upload', () => {
  it('is accepted under the hash of its content, with all addresses that it will have', async () => {
    const person = await register(api);
    const content = await picture();
    const reply = await sendForm(person.api, formWith(content));
    expect(reply).toHaveStatus(202);
    const hash = sha256(content);
    const { media } = reply.body;
    expect(media).toEqual({
      hash,
      status: expect.stringMatching(/^(pending|ready)$/),
      used: false,
      urls: Object.fromEntries(variants.map((name) => [name, `/media/${hash}/${name}`])),
      statusUrl: `/api/media/${hash}`,
    });
    expect(await settled(api, hash)).toEqual({ ...media, status: 'ready' });
  });

  it.each(['jpeg', 'png', 'webp', 'avif', 'gif'] as const)(
    'becomes WebP in every size, whatever it is called: %s',
    async (format) => {
      const person = await register(api);
      const content = await picture(format, { width: 700, height: 350 });
      const reply = await sendForm(person.api, formWith(content, '../../etc/passwd.html', 'text/html'));
      expect(reply).toHaveStatus(202);
      const { urls, status } = await settled(api, reply.body.media.hash);
      expect(status).toBe('ready');
      const sizes = await Promise.all(
        variants.map(async (name) => {
          const { format: made, width, height } = await sharp(await shown(urls[name]!)).metadata();
          return `${name} ${made} ${width}x${height}`;
        }),
      );
      expect(sizes).toEqual([
        'avatar-64 webp 64x64',
        'avatar-256 webp 256x256',
        'article-480 webp 480x240',
        'article-960 webp 700x350',
        'article-1600 webp 700x350',
      ]);
    },
  );

  it('of the same content is the same picture for every owner', async () => {
    const [one, other] = [await register(api), await register(api)];
    const content = await picture('png');
    const { hash } = await uploadReady(one, content);
    expect(await upload(one, content)).toMatchObject({ hash, status: 'ready' });
    expect(await upload(other, content)).toMatchObject({ hash, status: 'ready' });
  });

  it('of the same content by many at once is one picture with many owners', async () => {
    const people = await atOnce(8, 8, () => register(api));
    const content = await picture('png', { width: 900, height: 900 });
    const uploads = await atOnce(24, 24, (index) => sendForm(people[index % 8]!.api, formWith(content)));
    for (const reply of uploads) {
      expect(reply).toHaveStatus(202);
      expect(reply.body.media.hash).toBe(sha256(content));
    }
    const { hash, status, urls } = await settled(api, sha256(content));
    expect(status).toBe('ready');
    for (const name of variants) await shown(urls[name]!);
    for (const [index, person] of people.entries()) {
      expect(await person.api.del(`/api/media/${hash}`)).toHaveStatus(204);
      expect(await api.get(`/api/media/${hash}`)).toHaveStatus(index < people.length - 1 ? 200 : 404);
    }
  });

  it.each(['jpeg', 'png', 'webp', 'avif', 'gif'] as const)(
    'that is no whole picture fails, with a reason: %s',
    async (format) => {
      const person = await register(api);
      const whole = await picture(format);
      const { hash } = await upload(person, whole.subarray(0, whole.length >> 1));
      expect(await settled(api, hash)).toMatchObject({ status: 'failed', reason: 'unreadable' });
      for (const name of variants) expect(await api.get(`/media/${hash}/${name}`)).toBeRefused(404);
      expect(await upload(person, whole.subarray(0, whole.length >> 1))).toMatchObject({ status: 'failed' });
      expect(await person.api.del(`/api/media/${hash}`)).toHaveStatus(204);
    },
  );
});

describe('a picture', () => {
  it('goes when its uploader gives it up, and comes again with the next upload', async () => {
    const person = await register(api);
    const content = await picture();
    const { hash, urls } = await uploadReady(person, content);
    expect(await person.api.del(`/api/media/${hash}`)).toHaveStatus(204);
    expect(await api.get(`/api/media/${hash}`)).toBeRefused(404, { media: ['not found'] });
    expect(await api.get(urls['avatar-64']!)).toBeRefused(404, { media: ['not found'] });
    expect(await person.api.del(`/api/media/${hash}`)).toBeRefused(404);
    expect((await uploadReady(person, content)).hash).toBe(hash);
    await shown(urls['avatar-64']!);
  });

  it('can be given up by its owner only', async () => {
    const [owner, other] = [await register(api), await register(api)];
    const { hash } = await upload(owner, await picture());
    expect(await other.api.del(`/api/media/${hash}`)).toBeRefused(403, { media: ['forbidden'] });
    expect(await api.del(`/api/media/${hash}`)).toBeRefused(401, { token: ['is missing'] });
    expect(await api.get(`/api/media/${hash}`)).toHaveStatus(200);
  });

  it('deleted and uploaded by many at once is there for who uploaded it last, or gone', async () => {
    const people = await atOnce(4, 4, () => register(api));
    const content = await picture('png');
    const hash = sha256(content);
    const replies = await atOnce(40, 16, (index) => {
      const { api: own } = people[index % 4]!;
      return index % 3 === 2 ? own.del(`/api/media/${hash}`) : sendForm(own, formWith(content));
    });
    const statuses = new Set(replies.map(({ status }) => status));
    expect([...statuses].filter((status) => ![202, 204, 403, 404].includes(status))).toEqual([]);
    const { urls, status } = await uploadReady(people[0]!, content);
    expect(status).toBe('ready');
    for (const name of variants) await shown(urls[name]!);
  });

  it.each(['absolute', 'relative'])('can be the image of a user, by an %s address', async (kind) => {
    const person = await register(api);
    const { hash, urls } = await uploadReady(person, await picture());
    const image =
      kind === 'absolute' ? `https://pictures.example.com${urls['avatar-256']}` : urls['avatar-256']!;
    const reply = await person.api.put<UserBody>('/api/user', { user: { image } });
    expect(reply).toHaveStatus(200);
    expect(reply.body.user.image).toBe(image);
    const { body } = await api.get<ProfileBody>(profilePath(person.username));
    expect(body.profile.image).toBe(image);
    await mediaThatIs(api, hash, ({ used }) => used);

    expect(await person.api.del(`/api/media/${hash}`)).toHaveStatus(204);
    expect(await api.get(`/api/media/${hash}`)).toHaveStatus(200);
    await shown(urls['avatar-256']!);
    expect(await person.api.put('/api/user', { user: { image: null } })).toHaveStatus(200);
    // Without an owner and a use, the next sweep deletes it.
    const isReleased = async () => {
      const now = await api.get<MediaBody>(`/api/media/${hash}`);
      return now.status === 404 || !now.body.media.used;
    };
    await expect.poll(isReleased, { timeout: 60_000 }).toBe(true);
  });

  it('is kept while an article shows it, and known to be unused when none does any more', async () => {
    const person = await register(api);
    const [one, other] = [await upload(person, await picture()), await upload(person, await picture())];
    const { slug } = await publish(person, { body: `![](${one.urls['article-960']})` });
    await mediaThatIs(api, one.hash, ({ used }) => used);
    const body = `![](https://pictures.example.com${other.urls['article-480']}) and ${one.urls['article-960']}`;
    expect(await person.api.put<ArticleBody>(articlePath(slug), { article: { body } })).toHaveStatus(200);
    await mediaThatIs(api, other.hash, ({ used }) => used);
    expect(
      await person.api.put<ArticleBody>(articlePath(slug), { article: { body: 'No more.' } }),
    ).toHaveStatus(200);
    await mediaThatIs(api, one.hash, ({ used }) => !used);
    await mediaThatIs(api, other.hash, ({ used }) => !used);
    expect(await person.api.put<ArticleBody>(articlePath(slug), { article: { body } })).toHaveStatus(200);
    await mediaThatIs(api, one.hash, ({ used }) => used);
    expect(await person.api.del(articlePath(slug))).toHaveStatus(204);
    await mediaThatIs(api, one.hash, ({ used }) => !used);
  });
});

describe('the status', () => {
  it.each(['0'.repeat(64), 'A'.repeat(64), 'x', '..%2F..'])(
    'of what is not there is 404: %s',
    async (hash) => {
      expect(await api.get(`/api/media/${hash}`)).toBeRefused(404, { media: ['not found'] });
    },
  );

  it('of what ends in a zero byte is refused, by nginx already where one is in front', async () => {
    expect(await api.get(`/api/media/${'0'.repeat(64)}%00`)).toBeRefused([400, 404]);
  });

  it('is never kept by a cache', async () => {
    const { hash } = await upload(await register(api), await picture());
    const reply = await api.get<MediaBody>(`/api/media/${hash}`);
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });
});
