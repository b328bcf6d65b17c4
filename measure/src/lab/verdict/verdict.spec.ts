import { describe, expect, it } from 'vitest';
import { blast, deployed, made, type Made, scaled, swept } from '../results.fixture.js';
import type { Results } from '../results.js';
import { compareTopologies } from './comparison.js';
import { verdictOf } from './verdict.js';

const verdictOf = (split: Made, more: Partial<Results> = {}, whole: Made = {}) =>
  verdictOf(compareTopologies(made({ whole, split }, more), 'split'));
const whats = (reasons: readonly { what: string }[]) => reasons.map(({ what }) => what);

/** Everything fails with the whole; a tenth with the split. */
const blasts = {
  whole: [blast({ failed: { list: 50, login: 50 } })],
  split: [blast({ failed: { login: 20 } }), blast({ failed: {} })],
};

describe('a verdict', () => {
  it('is not to split when that costs something and buys nothing', () => {
    const verdict = verdictOf({ cpu: 1.5, p50: 3 });
    expect(verdict.decision).toBe('do not split');
    expect(verdict.text).toBe('split: do not split. It buys nothing; it costs CPU, latency.');
    expect(verdict.buys).toEqual([]);
  });

  it('is not to split when that makes no difference', () => {
    expect(verdictOf({}).decision).toBe('do not split');
  });

  it('is to split for what that buys when it also costs something', () => {
    const verdict = verdictOf({ cpu: 1.5 }, { faults: blasts });
    expect(verdict.decision).toBe('split only for what it buys');
    expect(whats(verdict.buys)).toEqual(['smaller failures']);
    expect(verdict.buys[0]!.figures).toBe('while one host fails, 10 % of the requests fail instead of 100 %');
  });

  it('is to split when that buys something and costs nothing', () => {
    expect(verdictOf({}, { faults: blasts }).decision).toBe('split');
  });

  it('is not to split when there are more heavy costs than things bought', () => {
    const verdict = verdictOf({ cpu: 2.5, memory: 900 }, { faults: blasts });
    expect(verdict.decision).toBe('do not split');
    expect(verdict.text).toContain('(heavily: CPU, memory)');
  });

  it('is not to split when that breaks a budget which the whole keeps', () => {
    const { environment: circumstances } = made();
    const more = { blasts, circumstances: { ...circumstances, budget: 3 } };
    expect(verdictOf({ p50: 3.5 }, more)).toMatchObject({
      decision: 'do not split',
      text: expect.stringContaining('over the budget of 3 ms, which whole keeps'),
    });
    expect(verdictOf({ p50: 2.9 }, more).decision).toBe('split only for what it buys');
    expect(verdictOf({ p50: 3.5 }, more, { p50: 3.2 }).decision).not.toBe('do not split');
  });

  it('names no difference that another run may not find', () => {
    expect(verdictOf({ cpu: 1.5, jitter: 0.6 }).costs).toEqual([]);
    const noisy = made({ whole: {}, again: { cpu: 2 }, split: { cpu: 1.5 } });
    expect(verdictOf(compareTopologies(noisy, 'split')).costs).toEqual([]);
  });

  it('counts scaling one part only when it gains as much, for less memory', () => {
    const of = (split: Partial<Results['scaling'][string][number]>) =>
      whats(
        verdictOf({}, { scaling: { whole: [scaled()], split: [scaled({ memoryMiB: 50, ...split })] } }).buys,
      );
    expect(of({})).toEqual(['scaling identity alone']);
    expect(of({ memoryMiB: 90 })).toEqual([]);
    expect(of({ after: [12] })).toEqual([]);
  });

  it('counts a roll-out that is much shorter', () => {
    const of = (rolledSeconds: number) =>
      whats(verdictOf({}, { deploys: { whole: deployed(), split: deployed({ rolledSeconds }) } }).buys);
    expect(of(4)).toEqual(['faster roll-out']);
    expect(of(7)).toEqual([]);
  });

  it('knows where it breaks even', () => {
    const verdict = verdictOf(
      { cpu: 1.5, memory: 500, p50: 2.5 },
      {
        network: swept(2.5, 1.5),
        scaling: { whole: [scaled()], split: [scaled({ memoryMiB: 60 })] },
      },
    );
    expect(verdict.breakEvens).toEqual([
      { what: 'load', figures: 'every 2000 requests/s the split takes one core more' },
      {
        what: 'network',
        figures:
          'up to 1.0 ms of round trip half of the answers stay within 4.0 ms (twice whole’s p50 at the lowest rate)',
      },
      {
        what: 'memory, scaling identity',
        figures: 'from 8 more processes on, the split needs less memory',
      },
    ]);
  });

  it('knows of no break-even where the difference may be chance', () => {
    expect(verdictOf({ cpu: 1.01 }).breakEvens[0]).toEqual({
      what: 'load',
      figures: 'no more CPU was seen than another run may differ by',
    });
  });

  it('counts a slow network as a cost when answers take much longer there', () => {
    expect(whats(verdictOf({}, { network: swept(2, 3) }).costs)).toEqual(['a network of 2 ms']);
    expect(whats(verdictOf({}, { network: swept(2, 0.1) }).costs)).toEqual([]);
  });
});
