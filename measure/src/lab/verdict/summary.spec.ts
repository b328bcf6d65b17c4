import { describe, expect, it } from 'vitest';
import { made } from '../results.fixture.js';
import { compareRuns } from './compare-runs.js';
import { CPU, noiseWarnings, noiseOf, P50, summariesOf, THROUGHPUT } from './summary.js';

describe('what a run states', () => {
  it('is the median of the rounds, give or take half their range', () => {
    const { whole } = summariesOf(made({ whole: { throughput: 500, jitter: 0.1 } }));
    expect(whole![THROUGHPUT]!.median).toBe(500);
    expect(whole![THROUGHPUT]!.spread).toBeCloseTo(50);
  });

  it('is as uncertain as two measurements of the same lie apart, if that is more', () => {
    const results = made({ whole: { cpu: 1 }, again: { cpu: 1.25 }, split: { cpu: 2 } });
    expect(noiseOf(results)[CPU]).toBeCloseTo(0.2);
    expect(summariesOf(results)['split']![CPU]!.spread).toBeCloseTo(0.4);
  });

  it('is in doubt on a noisy machine, and says why', () => {
    expect(noiseWarnings(made())).toEqual([]);
    expect(noiseWarnings(made({ whole: { throughput: 500 }, again: { throughput: 400 } }))).toEqual([
      'throughput at saturation: two measurements of whole in this run lie 20 % apart, more than 10 %',
    ]);
    expect(noiseWarnings(made({ whole: { p50: 2 }, again: { p50: 2.4 } }))).toEqual([]);
    const { environment: circumstances } = made();
    expect(noiseWarnings(made({}, { environment: { ...circumstances, otherCores: 0.7 } }))).toEqual([
      'other processes had 0.7 cores in use, more than 0.3',
    ]);
  });
});

describe('two runs', () => {
  const lineOf = (text: string, figure: string) =>
    text.split('\n').find((line) => line.startsWith('| whole') && line.includes(figure))!;

  it('agree where they differ by no more than they state', () => {
    const said = compareRuns(made({ whole: { p50: 2 } }), made({ whole: { p50: 2.02 } }));
    expect(lineOf(said, 'p50 at 60 %')).toMatch(/yes \|$/);
    expect(said).toContain('42 of 42 figures agree');
  });

  it('disagree where they differ by more', () => {
    const said = compareRuns(made({ whole: { p50: 2 } }), made({ whole: { p50: 3 } }));
    expect(lineOf(said, 'p50 at 60 %')).toMatch(/no \|$/);
    expect(P50).toBe('p50@0.6');
  });

  it('may agree on the ratios of a machine that was slower', () => {
    const one = made({ whole: { cpu: 1 }, again: { cpu: 1 }, split: { cpu: 2 } });
    const other = made({ whole: { cpu: 1.5 }, again: { cpu: 1.5 }, split: { cpu: 3 } });
    const [figures, ratios] = compareRuns(one, other).split('ratio to whole');
    expect(lineOf(figures!, 'CPU a request, all')).toMatch(/no \|$/);
    expect(ratios).toMatch(
      /\| split +\| CPU a request, all processes +\| +2.00 \| +2.00 \| +0.00 \| .* yes \|/,
    );
    const changed = made({ whole: { cpu: 1 }, again: { cpu: 1 }, split: { cpu: 3 } });
    expect(compareRuns(one, changed)).toMatch(
      /\| split +\| CPU a request, all processes +\| +2.00 \| +3.00 .* no \|/,
    );
  });
});
