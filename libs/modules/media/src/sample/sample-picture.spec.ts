import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { SAMPLE_PICTURES } from '../contract.js';
import { SAMPLE_COUNT, samplePicture } from './sample-picture.js';

it('sample pictures are valid, and have the hashes that other modules refer to', async () => {
  const pictures = Array.from({ length: SAMPLE_COUNT }, (_, number) => samplePicture(number));
  expect(pictures.map((picture) => createHash('sha256').update(picture).digest('hex'))).toEqual(
    SAMPLE_PICTURES,
  );
  for (const picture of pictures) {
    const { channels } = await sharp(picture, { failOn: 'warning' }).stats();
    expect(Math.max(...channels.map(({ stdev }) => stdev))).toBeGreaterThan(10);
  }
});
