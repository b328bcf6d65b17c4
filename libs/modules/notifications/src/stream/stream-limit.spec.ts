import { expect, it } from 'vitest';
import { affordableStreams, streamLimit } from './stream-limit.js';

const MIB = 1_048_576;

it('a process serves as many streams as its heap and its connections allow, and at most 10,000 by default', () => {
  // Compose gives a host 512 MiB, of which 60 % are heap.
  const inCompose = affordableStreams(0.6 * 512 * MIB, 64_512);
  expect(inCompose).toBeGreaterThan(1_000);
  expect(inCompose).toBeLessThan(10_000);
  expect(affordableStreams(4_096 * MIB, 3_072)).toBe(2_304);
  expect(streamLimit(undefined, 50_000)).toBe(10_000);
  expect(streamLimit(undefined, inCompose)).toBe(inCompose);
  expect(streamLimit(30_000, 50_000)).toBe(30_000);
  expect(streamLimit(30_000, inCompose)).toBe(inCompose);
  expect(streamLimit(5, inCompose)).toBe(5);
});
