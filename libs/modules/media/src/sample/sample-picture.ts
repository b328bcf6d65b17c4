import { crc32 } from 'node:zlib';

const [WIDTH, HEIGHT] = [640, 400];
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const MAX_BLOCK = 65_535;
/** Shades between the two colours of a picture; half a byte holds a pixel. */
const SHADES = 16;

type Color = readonly [number, number, number];

/** The two colours of each picture, and how its rings are stretched. */
const PICTURES: readonly { from: Color; to: Color; x: number; y: number; rings: number }[] = [
  { from: [16, 42, 67], to: [240, 180, 41], x: 0.3, y: 0.6, rings: 90 },
  { from: [34, 84, 61], to: [198, 246, 213], x: 0.7, y: 0.2, rings: 140 },
  { from: [116, 42, 42], to: [254, 215, 215], x: 0.5, y: 1.1, rings: 60 },
  { from: [45, 55, 72], to: [144, 205, 244], x: 0.1, y: 0.1, rings: 200 },
  { from: [85, 60, 154], to: [250, 240, 137], x: 0.9, y: 0.8, rings: 75 },
  { from: [40, 94, 97], to: [251, 211, 141], x: 0.5, y: 0.5, rings: 110 },
];

export const SAMPLE_COUNT = PICTURES.length;

/**
 * Returns a picture of rings as a PNG file. It is not compressed: its hash, by which users and articles refer to it, must not depend
 * on a version of zlib.
 * @param number from 0 to `SAMPLE_COUNT` - 1
 */
export function samplePicture(number: number): Buffer {
  const { from, to, x, y, rings } = PICTURES[number]!;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  // Four bits for each pixel, an index into the palette.
  header.set([4, 3], 8);
  const palette = Array.from({ length: SHADES }, (_, shade) =>
    from.map((start, channel) => Math.round(start + ((to[channel]! - start) * shade) / (SHADES - 1))),
  );
  const shadeAt = (column: number, row: number) => {
    // Integers: floating point may round differently elsewhere.
    const [dx, dy] = [column - Math.round(x * WIDTH), row - Math.round(y * HEIGHT)];
    const distance = Math.floor(Math.sqrt(dx * dx + dy * dy));
    const place = distance % (2 * rings);
    return Math.floor(((place < rings ? place : 2 * rings - 1 - place) * SHADES) / rings);
  };
  const rows = Array.from({ length: HEIGHT }, (_, row) => {
    const line = Buffer.alloc(1 + WIDTH / 2);
    for (let column = 0; column < WIDTH; column += 2)
      line[1 + column / 2] = (shadeAt(column, row) << 4) | shadeAt(column + 1, row);
    return line;
  });
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flat())),
    chunk('IDAT', stored(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

/** Returns a zlib stream of stored blocks (RFC 1950, RFC 1951). */
function stored(data: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from([0x78, 0x01])];
  for (let start = 0; start < data.length; start += MAX_BLOCK) {
    const block = data.subarray(start, start + MAX_BLOCK);
    const head = Buffer.alloc(5);
    head[0] = start + MAX_BLOCK >= data.length ? 1 : 0;
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(block.length ^ 0xffff, 3);
    parts.push(head, block);
  }
  let [low, high] = [1, 0];
  for (const byte of data) {
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
  }
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(high * 65_536 + low);
  return Buffer.concat([...parts, checksum]);
}
