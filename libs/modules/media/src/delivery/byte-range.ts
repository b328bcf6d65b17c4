import type { ByteRange } from '../storage/storage.js';

/**
 * Parses a `Range` header (RFC 9110, 14.2) for a resource of `size` bytes. range-parser from npm answers 416 where the RFC
 * ignores a malformed header (`bytes=5-1`), and does not save lines.
 * @returns undefined for the whole resource, also for headers that may be ignored: several ranges, other units, malformed ones
 */
export function byteRangeOf(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Number(last);
  if (last !== '' && end < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end: Math.min(end, size - 1) };
}
