import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BufferSampling } from './buffer-sampling.js';

const MIB = 1_048_576;
/** Sums of some hundred samples differ by a few per cent from what was allocated. */
const FACTOR = 1.35;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const FUNCTIONS = ['alloc', 'allocUnsafe', 'allocUnsafeSlow', 'concat', 'copyBytesFrom', 'from'] as const;

let sampling: BufferSampling;
beforeEach(() => {
  sampling = new BufferSampling();
  sampling.start();
});
afterEach(() => sampling.stop());

const expectAbout = (bytes: number, mib: number) => {
  expect(bytes / MIB).toBeGreaterThan(mib / FACTOR);
  expect(bytes / MIB).toBeLessThan(mib * FACTOR);
};
const times = <T>(count: number, make: () => T) => Array.from({ length: count }, make);

describe('sampled buffers', () => {
  const allocating: Record<string, () => Buffer> = {
    alloc: () => Buffer.alloc(100_000),
    allocUnsafe: () => Buffer.allocUnsafe(100_000),
    allocUnsafeSlow: () => Buffer.allocUnsafeSlow(100_000),
    'from a text': () => Buffer.from('x'.repeat(100_000)),
    'concat of parts that go': () => Buffer.concat([Buffer.from('a'), new Uint8Array(99_999)]),
    'small ones that share memory': () => Buffer.from('x'.repeat(1_000)),
  };

  it.each(Object.entries(allocating))('are counted by their bytes: %s', (_, make) => {
    const bytes = make().length;
    const kept = times((200 * MIB) / bytes, make);
    expectAbout(sampling.bytes, 200);
    expect(kept).not.toHaveLength(0);
  });

  it('have the function that allocated them, with file and line', () => {
    function renderPage() {
      return Buffer.alloc(10 * MIB);
    }
    const kept = times(10, renderPage);
    const [site] = sampling.profile().sites;
    const [[functionName, script, line]] = site!.stack as [[string, string, number, number]];
    expect([functionName, line]).toEqual(['renderPage', expect.any(Number)]);
    expect(script).toMatch(/buffer-sampling\.spec\.ts$/);
    expectAbout(site!.bytes, 100);
    expect(kept).toHaveLength(10);
  });

  it('are subtracted when they have been collected, and not while a part of one is in use', async () => {
    const parts = times(20, () => Buffer.alloc(5 * MIB).subarray(0, 8));
    let others: Buffer[] | undefined = times(20, () => Buffer.alloc(5 * MIB));
    expectAbout(sampling.bytes, 200);
    expect(others).toHaveLength(20);
    others = undefined;
    await expect
      .poll(async () => {
        collectGarbage();
        await setImmediate();
        return sampling.bytes / MIB;
      })
      .toBeLessThan(101 * FACTOR);
    expectAbout(sampling.bytes, 100);
    expect(parts).toHaveLength(20);
  });

  it('without an allocation count nothing', () => {
    const memory = new ArrayBuffer(10 * MIB);
    const views = times(20, () => Buffer.from(memory));
    expect(sampling.bytes).toBe(0);
    expect(views).toHaveLength(20);
  });
});

describe('the functions of Buffer', () => {
  const calls: Record<string, () => unknown> = {
    alloc: () => Buffer.alloc(5, 'ab'),
    'alloc with an encoding': () => Buffer.alloc(4, '00ff', 'hex'),
    'from a text': () => Buffer.from('ü', 'latin1'),
    'from an array': () => Buffer.from([1, 2, 3]),
    'from a part of memory': () => Buffer.from(new ArrayBuffer(8), 2, 4),
    'from an object': () => Buffer.from({ type: 'Buffer', data: [1] } as never),
    concat: () => Buffer.concat([Buffer.from('a'), Buffer.from('b')], 5),
    copyBytesFrom: () => Buffer.copyBytesFrom(new Uint16Array([1, 2, 3]), 1),
    'alloc of a negative size': () => Buffer.alloc(-1),
    'from a number': () => Buffer.from(1 as never),
    'concat of no list': () => Buffer.concat('x' as never),
  };

  const outcomeOf = (call: () => unknown) => {
    try {
      return call();
    } catch (error) {
      return [(error as NodeJS.ErrnoException).code, String(error)];
    }
  };

  it.each(Object.entries(calls))('return and throw the same as without sampling: %s', (_, call) => {
    const sampled = outcomeOf(call);
    sampling.stop();
    expect(sampled).toEqual(outcomeOf(call));
  });

  it('have the same names, parameters and attributes, and are what they were after the end', () => {
    const describe = () =>
      FUNCTIONS.map((name) => {
        const { value, ...attributes } = Object.getOwnPropertyDescriptor(Buffer, name)!;
        return [(value as () => void).name, (value as () => void).length, attributes];
      });
    const [own, sampled] = [FUNCTIONS.map((name) => Buffer[name]), describe()];
    sampling.stop();
    const originals = FUNCTIONS.map((name) => Buffer[name]);
    expect(describe()).toEqual(sampled);
    for (const [index, original] of originals.entries()) expect(original).not.toBe(own[index]);
    sampling.start();
    sampling.stop();
    expect(FUNCTIONS.map((name) => Buffer[name])).toEqual(originals);
  });
});
