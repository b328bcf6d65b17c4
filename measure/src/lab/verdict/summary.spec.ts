import { describe, expect, it } from 'vitest';
import { sampleResults } from '../results.fixture.js';
import { compareRuns } from './compare-runs.js';
import { CPU, noiseWarnings, noiseOf, P50, summariesOf, THROUGHPUT } from './summary.js';

describe('the figures of a run', () => {
  it('are the median of the rounds ± half their range', () => {
    const { whole } = summariesOf(sampleResults({ whole: { throughput: 500, jitter: 0.1 } }));
    expect(whole![THROUGHPUT]!.median).toBe(500);
    expect(whole![THROUGHPUT]!.spread).toBeCloseTo(50);
  });

  it('are as uncertain as two measurements of the same topology differ, if that is more', () => {
    const results = sampleResults({ whole: { cpu: 1 }, repeated: { cpu: 1.25 }, split: { cpu: 2 } });
    expect(noiseOf(results)[CPU]).toBeCloseTo(0.2);
    expect(summariesOf(results)['split']![CPU]!.spread).toBeCloseTo(0.4);
  });

  it('come with warnings on a noisy machine', () => {
    expect(noiseWarnings(sampleResults())).toEqual([]);
    expect(
      noiseWarnings(sampleResults({ whole: { throughput: 500 }, repeated: { throughput: 400 } })),
    ).toEqual([
      'throughput at saturation: two measurements of whole in this run differ by 20 %, more than 10 %',
    ]);
    expect(noiseWarnings(sampleResults({ whole: { p50: 2 }, repeated: { p50: 2.4 } }))).toEqual([]);
    const { environment } = sampleResults();
    expect(noiseWarnings(sampleResults({}, { environment: { ...environment, otherCores: 0.7 } }))).toEqual([
      'other processes used 0.7 cores, more than 0.3',
    ]);
  });
});

describe('two runs', () => {
  const lineOf = (text: string, figure: string) =>
    text.split('\n').find((line) => line.startsWith('| whole') && line.includes(figure))!;

  it('agree where they differ by no more than the spread', () => {
    const text = compareRuns(sampleResults({ whole: { p50: 2 } }), sampleResults({ whole: { p50: 2.02 } }));
    expect(lineOf(text, 'p50 at 60 %')).toMatch(/yes \|$/);
    expect(text).toContain('42 of 42 figures agree');
  });

  it('disagree where they differ by more', () => {
    const text = compareRuns(sampleResults({ whole: { p50: 2 } }), sampleResults({ whole: { p50: 3 } }));
    expect(lineOf(text, 'p50 at 60 %')).toMatch(/no \|$/);
    expect(P50).toBe('p50@0.6');
  });

  it('can agree on ratios when the machine was slower', () => {
    const one = sampleResults({ whole: { cpu: 1 }, repeated: { cpu: 1 }, split: { cpu: 2 } });
    const other = sampleResults({ whole: { cpu: 1.5 }, repeated: { cpu: 1.5 }, split: { cpu: 3 } });
    const [figures, ratios] = compareRuns(one, other).split('ratio to whole');
    expect(lineOf(figures!, 'CPU a request, all')).toMatch(/no \|$/);
    expect(ratios).toMatch(
      /\| split +\| CPU a request, all processes +\| +2.00 \| +2.00 \| +0.00 \| .* yes \|/,
    );
    const changed = sampleResults({ whole: { cpu: 1 }, repeated: { cpu: 1 }, split: { cpu: 3 } });
    expect(compareRuns(one, changed)).toMatch(
      /\| split +\| CPU a request, all processes +\| +2.00 \| +3.00 .* no \|/,
    );
  });
});
