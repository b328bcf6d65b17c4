import sharp from 'sharp';
import { expect, it } from 'vitest';
import { HEAD_BYTES, imageKindOf } from './image-kind.js';

const picture = () =>
  sharp({ create: { width: 40, height: 30, channels: 3, background: { r: 200, g: 30, b: 90 } } });

it.each(['jpeg', 'png', 'webp', 'avif', 'gif'] as const)(
  'a picture is what its bytes are: %s',
  async (kind) => {
    const file = await picture().toFormat(kind).toBuffer();
    expect(imageKindOf(file)).toBe(kind);
    expect(imageKindOf(file.subarray(0, HEAD_BYTES))).toBe(kind);
    expect(imageKindOf(file.subarray(0, HEAD_BYTES - 1))).toBeUndefined();
  },
);

it.each([
  ['nothing', ''],
  ['text', 'x'.repeat(100)],
  ['SVG', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
  ['HTML', '<!doctype html><html><script>alert(1)</script></html>'],
  ['TIFF', `II*\0${'x'.repeat(100)}`],
  ['a sound in RIFF', `RIFF....WAVE${'x'.repeat(100)}`],
  ['a film', `\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41${'x'.repeat(100)}`],
  ['HEIC', `\0\0\0\x18ftypheic\0\0\0\0mif1heic${'x'.repeat(100)}`],
  ['PDF', `%PDF-1.7${'x'.repeat(100)}`],
  ['ZIP', `PK\x03\x04${'x'.repeat(100)}`],
])('%s is none', (_, content) => {
  expect(imageKindOf(Buffer.from(content, 'latin1'))).toBeUndefined();
});
