import { describe, expect, it } from 'vitest';
import {
  faultImpact,
  deployResult,
  sampleResults,
  type SampleFigures,
  scalingResult,
  networkResults,
} from '../results.fixture.js';
import type { Results } from '../results.js';
import { compareTopologies } from './comparison.js';
import { verdictOf } from './verdict.js';

const verdict = (split: SampleFigures, more: Partial<Results> = {}, whole: SampleFigures = {}) =>
  verdictOf(compareTopologies(sampleResults({ whole, split }, more), 'split'));
const subjects = (reasons: readonly { subject: string }[]) => reasons.map(({ subject }) => subject);

/** All requests fail with the whole, a tenth with the split. */
const faults = {
  whole: [faultImpact({ failed: { list: 50, login: 50 } })],
  split: [faultImpact({ failed: { login: 20 } }), faultImpact({ failed: {} })],
};

describe('a verdict', () => {
  it('is not to split for costs without gains', () => {
    const { decision, text, gains } = verdict({ cpu: 1.5, p50: 3 });
    expect(decision).toBe('do not split');
    expect(text).toBe('split: do not split. Gains: none. Costs: CPU, latency.');
    expect(gains).toEqual([]);
  });

  it('is not to split without a difference', () => {
    expect(verdict({}).decision).toBe('do not split');
  });

  it('is to split only for its gains when there are costs, too', () => {
    const { decision, gains } = verdict({ cpu: 1.5 }, { faults });
    expect(decision).toBe('split only for its gains');
    expect(subjects(gains)).toEqual(['smaller failures']);
    expect(gains[0]!.figures).toBe('during the fault of one host 10 % of the requests fail instead of 100 %');
  });

  it('is to split for gains without costs', () => {
    expect(verdict({}, { faults }).decision).toBe('split');
  });

  it('is not to split for more heavy costs than gains', () => {
    const { decision, text } = verdict({ cpu: 2.5, memory: 900 }, { faults });
    expect(decision).toBe('do not split');
    expect(text).toContain('(heavy: CPU, memory)');
  });

  it('is not to split when that exceeds a budget which the baseline meets', () => {
    const { environment } = sampleResults();
    const more = { faults, environment: { ...environment, budget: 3 } };
    expect(verdict({ p50: 3.5 }, more)).toMatchObject({
      decision: 'do not split',
      text: expect.stringContaining('exceeds the budget of 3 ms, which whole meets'),
    });
    expect(verdict({ p50: 2.9 }, more).decision).toBe('split only for its gains');
    expect(verdict({ p50: 3.5 }, more, { p50: 3.2 }).decision).not.toBe('do not split');
  });

  it('ignores differences that are not significant', () => {
    expect(verdict({ cpu: 1.5, jitter: 0.6 }).costs).toEqual([]);
    const noisy = sampleResults({ whole: {}, repeated: { cpu: 2 }, split: { cpu: 1.5 } });
    expect(verdictOf(compareTopologies(noisy, 'split')).costs).toEqual([]);
  });

  it('counts scaling one part when it gains as much for less memory', () => {
    const of = (split: Partial<Results['scaling'][string][number]>) =>
      subjects(
        verdict(
          {},
          { scaling: { whole: [scalingResult()], split: [scalingResult({ memoryMiB: 50, ...split })] } },
        ).gains,
      );
    expect(of({})).toEqual(['scaling identity alone']);
    expect(of({ memoryMiB: 90 })).toEqual([]);
    expect(of({ after: [12] })).toEqual([]);
  });

  it('counts a much shorter roll-out', () => {
    const of = (rolloutSeconds: number) =>
      subjects(
        verdict({}, { deploys: { whole: deployResult(), split: deployResult({ rolloutSeconds }) } }).gains,
      );
    expect(of(4)).toEqual(['faster roll-out']);
    expect(of(7)).toEqual([]);
  });

  it('has break-evens', () => {
    const { breakEvens } = verdict(
      { cpu: 1.5, memory: 500, p50: 2.5 },
      {
        network: networkResults(2.5, 1.5),
        scaling: { whole: [scalingResult()], split: [scalingResult({ memoryMiB: 60 })] },
      },
    );
    expect(breakEvens).toEqual([
      { subject: 'load', figures: 'the split takes one core more for every 2000 requests/s' },
      {
        subject: 'network',
        figures: 'p50 within 4.0 ms (twice whole’s p50 at the lowest rate) up to a round trip of 1.0 ms',
      },
      {
        subject: 'memory, scaling identity',
        figures: 'from 8 more processes on, the split needs less memory',
      },
    ]);
  });

  it('has no break-even where the difference is not significant', () => {
    expect(verdict({ cpu: 1.01 }).breakEvens[0]).toEqual({
      subject: 'load',
      figures: 'no significant difference in CPU',
    });
  });

  it('counts a slow network as a cost when latency grows with it', () => {
    expect(subjects(verdict({}, { network: networkResults(2, 3) }).costs)).toEqual(['a network of 2 ms']);
    expect(subjects(verdict({}, { network: networkResults(2, 0.1) }).costs)).toEqual([]);
  });
});
