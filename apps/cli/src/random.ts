import { createHash } from 'node:crypto';

/**
 * A stream of numbers in [0, 1): the same ones for the same name, on every machine.
 * The generator is sfc32 of Chris Doty-Humphrey's PractRand, started from the name's SHA-256.
 */
export function randomStream(name: string): () => number {
  const hash = createHash('sha256').update(name).digest();
  let [a, b, c, counter] = [0, 4, 8, 12].map((at) => hash.readInt32LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  return () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
}
