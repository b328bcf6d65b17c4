import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mediaSettings } from '../media.settings.js';
import type { ImageKind } from '../upload/image-kind.js';
import { VariantMaker } from './variant-maker.js';
import type { VariantName } from './variants.js';

let dir: string;
let files = 0;
const maker = new VariantMaker({ ...mediaSettings(), MEDIA_PIXELS: 10_000_000 });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tearline-variants-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function make(content: Buffer, kind: ImageKind): Promise<Record<VariantName, Buffer>> {
  const path = join(dir, `${(files += 1)}`);
  await writeFile(path, content);
  return maker.make(path, kind, AbortSignal.timeout(30_000));
}

const plain = (width: number, height: number, background = { r: 200, g: 30, b: 90 }) =>
  sharp({ create: { width, height, channels: 3, background } });

async function sizes(made: Record<VariantName, Buffer>): Promise<Record<string, string>> {
  const all = await Promise.all(
    Object.entries(made).map(async ([name, data]) => {
      const { format, width, height } = await sharp(data).metadata();
      return [name, `${format} ${width}x${height}`];
    }),
  );
  return Object.fromEntries(all) as Record<string, string>;
}

async function colour(image: Sharp): Promise<number[]> {
  const { channels } = await image.stats();
  return channels.map(({ mean }) => Math.round(mean));
}

describe('the variants of a picture', () => {
  it.each(['jpeg', 'png', 'webp', 'avif', 'gif'] as const)('are WebP in five sizes: of %s', async (kind) => {
    const made = await make(await plain(2000, 1000).toFormat(kind).toBuffer(), kind);
    expect(await sizes(made)).toEqual({
      'avatar-64': 'webp 64x64',
      'avatar-256': 'webp 256x256',
      'article-480': 'webp 480x240',
      'article-960': 'webp 960x480',
      'article-1600': 'webp 1600x800',
    });
    const [red, green, blue] = await colour(sharp(made['article-480']));
    expect(Math.abs(red! - 200) + Math.abs(green! - 30) + Math.abs(blue! - 90)).toBeLessThan(20);
  });

  it('are no larger than the picture, avatars apart, and no longer than four times their width', async () => {
    const small = await make(await plain(100, 50).png().toBuffer(), 'png');
    expect(await sizes(small)).toMatchObject({
      'avatar-256': 'webp 256x256',
      'article-480': 'webp 100x50',
      'article-1600': 'webp 100x50',
    });
    const tall = await make(await plain(480, 9600).png().toBuffer(), 'png');
    expect(await sizes(tall)).toMatchObject({ 'article-480': 'webp 96x1920' });
  });

  it('stand upright and say nothing of where and with what they were taken', async () => {
    const taken = await plain(600, 400)
      .jpeg()
      .withExif({
        IFD0: { Copyright: 'A. Photographer', Orientation: '6' },
        IFD3: { GPSLatitude: '52/1 31/1 0/1' },
      })
      .withMetadata({ orientation: 6 })
      .toBuffer();
    expect((await sharp(taken).metadata()).exif).toBeDefined();
    const made = await make(taken, 'jpeg');
    expect(await sizes(made)).toMatchObject({ 'article-480': 'webp 400x600' });
    for (const data of Object.values(made)) {
      const { exif, icc, xmp, iptc, orientation } = await sharp(data).metadata();
      expect([exif, icc, xmp, iptc, orientation]).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
    }
  });

  it('are in sRGB, whatever profile the picture has', async () => {
    const wide = await plain(300, 300, { r: 255, g: 0, b: 0 }).withIccProfile('p3').png().toBuffer();
    const [red, green, blue] = await colour(sharp((await make(wide, 'png'))['article-480']));
    expect(red).toBeGreaterThan(245);
    expect(green! + blue!).toBeLessThan(20);
    const print = await plain(300, 300).toColourspace('cmyk').jpeg().toBuffer();
    expect((await sharp((await make(print, 'jpeg'))['article-480']).metadata()).space).toBe('srgb');
    const deep = await plain(300, 300).toColourspace('rgb16').png().toBuffer();
    expect(await sizes(await make(deep, 'png'))).toMatchObject({ 'article-480': 'webp 300x300' });
    const grey = await plain(300, 300).toColourspace('b-w').png().toBuffer();
    expect(await sizes(await make(grey, 'png'))).toMatchObject({ 'avatar-64': 'webp 64x64' });
  });

  it('keep what is transparent', async () => {
    const glass = await sharp({
      create: { width: 300, height: 300, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
    })
      .png()
      .toBuffer();
    expect((await colour(sharp((await make(glass, 'png'))['avatar-64'])))[3]).toBe(0);
  });

  it('show the first frame of an animation', async () => {
    const frames = await Promise.all(
      [
        { r: 255, g: 0, b: 0 },
        { r: 0, g: 0, b: 255 },
      ].map((background) => plain(100, 100, background).png().toBuffer()),
    );
    const film = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    expect((await sharp(film, { animated: true }).metadata()).pages).toBe(2);
    const made = await make(film, 'gif');
    expect((await sharp(made['article-480']).metadata()).pages).toBeUndefined();
    expect(await sizes(made)).toMatchObject({ 'article-480': 'webp 100x100' });
    const [red, , blue] = await colour(sharp(made['article-480']));
    expect([red! > 240, blue! < 15]).toEqual([true, true]);
  });
});

describe('unusable is what', () => {
  const reason = async (content: Buffer, kind: ImageKind) => {
    const failure: unknown = await make(content, kind).then(
      () => undefined,
      (error: unknown) => error,
    );
    return (failure as { reason?: string } | undefined)?.reason;
  };

  it.each(['jpeg', 'png', 'webp', 'avif', 'gif'] as const)('ends in the middle: %s', async (kind) => {
    const noise = sharp({
      create: {
        width: 120,
        height: 120,
        channels: 3,
        noise: { type: 'gaussian', mean: 128, sigma: 60 },
        background: 'red',
      },
    });
    const whole = await noise.toFormat(kind).toBuffer();
    expect(await reason(whole.subarray(0, whole.length >> 1), kind)).toBe('unreadable');
  });

  it.each(['jpeg', 'png', 'webp', 'avif', 'gif'] as const)('only begins like a picture: %s', async (kind) => {
    const whole = await plain(100, 100).toFormat(kind).toBuffer();
    expect(await reason(Buffer.concat([whole.subarray(0, 32), Buffer.alloc(5_000, 'x')]), kind)).toBe(
      'unreadable',
    );
  });

  it('has more pixels than allowed', async () => {
    expect(await reason(await plain(4_000, 4_000).png().toBuffer(), 'png')).toBe('too-many-pixels');
  });

  it('is another kind of picture than it seemed', async () => {
    expect(await reason(await plain(10, 10).png().toBuffer(), 'gif')).toBe('another-kind');
  });

  it('is no picture that may be read at all', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"></svg>');
    expect(await reason(svg, 'png')).toBe('unreadable');
  });
});
