import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import type { HttpRequest } from '../../kit/endpoints.js';

const BOUNDARY = 'tearline-lab';
const [HEAD, TAIL] = [
  Buffer.from(
    `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="picture"\r\n` +
      'content-type: image/jpeg\r\n\r\n',
  ),
  Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
];

/** Pictures that nobody has uploaded before, as a browser sends them. */
export class Uploads {
  private constructor(private readonly picture: Buffer) {}

  /** @param width and height in pixels: what its variants cost grows with them */
  static async of(width = 480, height = 320): Promise<Uploads> {
    const noise = { type: 'gaussian' as const, mean: 128, sigma: 30 };
    const picture = await sharp({ create: { width, height, channels: 3, background: 'teal', noise } })
      .jpeg({ quality: 60 })
      .toBuffer();
    return new Uploads(picture);
  }

  requests(tokens: readonly string[]): HttpRequest[] {
    return tokens.map((token) => ({
      method: 'POST',
      path: '/api/media',
      token,
      type: `multipart/form-data; boundary=${BOUNDARY}`,
      // Bytes behind the picture make it another one.
      body: () => Buffer.concat([HEAD, this.picture, randomBytes(8), TAIL]),
    }));
  }
}
