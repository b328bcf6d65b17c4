/** The accepted image formats. */
export type ImageKind = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif';

/** Bytes at the start of a file that identify its format; smaller files are rejected. */
export const HEAD_BYTES = 32;

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const JPEG = Buffer.from([0xff, 0xd8, 0xff]);

/**
 * Returns the format of a file by its first bytes; only the decoder knows whether the picture is complete.
 * AVIF brands: AV1 Image File Format, section 6.
 */
export function imageKindOf(head: Buffer): ImageKind | undefined {
  if (head.length < HEAD_BYTES) return undefined;
  if (head.subarray(0, PNG.length).equals(PNG)) return 'png';
  if (head.subarray(0, JPEG.length).equals(JPEG)) return 'jpeg';
  if (/^GIF8[79]a$/.test(text(head, 0, 6))) return 'gif';
  if (text(head, 0, 4) === 'RIFF' && text(head, 8, 12) === 'WEBP') return 'webp';
  if (text(head, 4, 8) === 'ftyp' && brands(head).some((brand) => /^avi[fs]$/.test(brand))) return 'avif';
  return undefined;
}

/** Returns the major brand and the compatible brands within the first bytes. */
function brands(head: Buffer): string[] {
  const end = Math.min(head.readUInt32BE(0), HEAD_BYTES);
  const offsets = [8];
  for (let at = 16; at + 4 <= end; at += 4) offsets.push(at);
  return offsets.map((at) => text(head, at, at + 4));
}

const text = (head: Buffer, start: number, end: number) => head.toString('latin1', start, end);
