import { describe, expect, it } from 'vitest';
import {
  faultImpact,
  deployResult,
  sampleResults,
  scalingResult,
  networkResults,
  startResult,
} from '../results.fixture.js';
import { roundUp, svg } from '../../kit/report/charts.js';
import { reportOf } from './report.js';
import { html } from '../../kit/report/html.js';
import { markdown } from '../../kit/report/markdown.js';

const results = sampleResults(
  { split: { cpu: 2, p50: 3 } },
  {
    network: networkResults(3, 1.5),
    faults: {
      whole: [faultImpact({ failed: { list: 50, login: 50 }, seconds: 2.2 })],
      split: [faultImpact()],
    },
    starts: { whole: [startResult()], split: [startResult({ milliseconds: [1000] })] },
    scaling: { whole: [scalingResult()], split: [scalingResult({ memoryMiB: 50 })] },
    deploys: { whole: deployResult(), split: deployResult({ rolloutSeconds: 4 }) },
  },
);

describe('the report', () => {
  it('begins with the verdict, then the figures side by side', () => {
    const text = markdown(reportOf(results));
    const titles = [...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
    expect(titles).toEqual([
      'Verdict',
      'Topologies',
      'Side by side',
      'After a start, and after a pause',
      'A slower network',
      'Blast radius',
      'Starting a host',
      'Scaling one part',
      'From an edit to all traffic',
      'Environment',
    ]);
    expect(text).toMatch(
      /\| CPU a request, all processes, ms +\| 1.00 ± 0.02 +\| +2.00 ± 0.04 \| +× 2.00 \| +0 % \|/,
    );
  });

  it('leaves out stages that were not measured', () => {
    expect(markdown(reportOf(sampleResults()))).not.toContain('Blast radius');
  });

  it('names the requests that a roll-out failed', () => {
    const failures = { 'upload no response': 2, 'list 503': 1 };
    const text = markdown(reportOf(sampleResults({}, { deploys: { whole: deployResult({ failures }) } })));
    expect(text).toContain('| 3 of 1000: upload no response × 2, list 503 |');
  });

  it('has the impact of a fault of a server', () => {
    const { host: _, ...impact } = faultImpact({ failed: { list: 3 }, seconds: 0.4, p99: 812 });
    const text = markdown(
      reportOf(
        sampleResults({}, { serverFaults: { whole: [{ ...impact, server: 'redis', fault: 'restart' }] } }),
      ),
    );
    expect(text).toMatch(
      /\| whole +\| redis +\| +restarted \| +100 \| +3 \| +3 % \| +0.4 \| +812 \| +1 of 2: list \|/,
    );
  });

  it('puts ratios in brackets that are not significant', () => {
    const text = markdown(reportOf(sampleResults({ split: { cpu: 1.01 } })));
    expect(text).toMatch(/CPU a request, all processes, ms .*\(× 1.01\)/);
  });

  it('begins with a warning when the machine was too noisy', () => {
    const text = markdown(reportOf(sampleResults({ repeated: { cpu: 2 } })));
    expect(text.indexOf('Do not quote these figures')).toBeGreaterThan(0);
    expect(text.indexOf('Do not quote these figures')).toBeLessThan(text.indexOf('## Verdict'));
  });

  it('is a self-contained page with a picture for each chart', () => {
    const page = html(reportOf(results));
    expect(page).not.toMatch(/(src|href)=|url\(|@import|<script/);
    expect(page.match(/<svg /g)).toHaveLength(7);
    expect(page).toContain('prefers-color-scheme: dark');
    const opened = [...page.matchAll(/<(section|table|tr|td|th|figure|svg|p|div)\b/g)].length;
    const closed = [...page.matchAll(/<\/(section|table|tr|td|th|figure|svg|p|div)>/g)].length;
    expect(opened).toBe(closed);
  });

  it('has a picture of each topology', () => {
    const [whole, split] = html(reportOf(results)).match(
      /<figure><figcaption>(whole|split)[^]*?<[/]figure>/g,
    )!;
    expect([whole, split].map((picture) => picture!.match(/class="box"/g)!.length)).toEqual([1, 3]);
    expect(whole).toContain('>articles</text>');
    expect(whole).not.toContain('class="arrow"');
    expect(split).toContain('<title>host1 → host0</title>');
    expect(markdown(reportOf(results))).toContain('```mermaid\nflowchart LR');
  });

  it.each([
    ['the load', { whole: { errors: 3 } }, 'whole: 36 of 12000 requests failed'],
    ['the repeated one', { repeated: { errors: 1 } }, 'the first again: 12 of 12000 requests failed'],
  ])('refuses a verdict when requests of %s failed without a fault', (_, figures, reason) => {
    const text = markdown(reportOf(sampleResults({ whole: {}, ...figures })));
    expect(text).toContain('## No verdict');
    expect(text).toContain(reason);
    expect(text).not.toContain('split:');
  });

  it('refuses a verdict when requests failed with a slower network', () => {
    const network = networkResults(3, 1.5);
    const { bytes, delays } = network['split']!;
    const [first, ...rest] = delays;
    const rounds = first!.rounds.map((round) => ({ ...round, errors: 2 }));
    const text = markdown(
      reportOf(
        sampleResults({}, { network: { split: { bytes, delays: [{ ...first!, rounds }, ...rest] } } }),
      ),
    );
    expect(text).toContain('split, with a slower network: 2 of 3000 requests failed');
    expect(text).toContain('## No verdict');
  });

  it('escapes names', () => {
    const [whole, split] = results.topologies as [
      (typeof results.topologies)[0],
      (typeof results.topologies)[0],
    ];
    const odd = '<b>&"';
    const page = html(
      reportOf({
        ...results,
        topologies: [whole, { ...split, name: odd }],
        measured: { ...results.measured, [odd]: results.measured['split']! },
      }),
    );
    expect(page).toContain('&lt;b&gt;&amp;&quot;');
    expect(page).not.toContain(odd);
  });
});

describe('a chart', () => {
  it('has a scale that ends at a round number above all values', () => {
    expect([0, 0.07, 1, 4.2, 61, 99, 1234].map(roundUp)).toEqual([1, 0.08, 1, 5, 80, 100, 2000]);
  });

  it('draws a bar as high as its value', () => {
    const picture = svg({
      kind: 'bars',
      title: 'x',
      unit: 'ms',
      labels: ['one'],
      series: [
        { name: 'a', values: [10] },
        { name: 'b', values: [5] },
      ],
    });
    const [a, b] = [...picture.matchAll(/ height="([\d.]+)"><title>/g)].map(([, height]) => Number(height));
    expect(a! / b!).toBeCloseTo(2, 1);
  });

  it('draws a line to scale along both axes', () => {
    const series = [{ name: 'a', values: [1, 2, 5] }];
    const labels = ['0', '0.5', '2'];
    const picture = svg({ kind: 'lines', title: 'x', unit: 'ms', labels, positions: [0, 0.5, 2], series });
    const [x0, x1, x2] = [...picture.matchAll(/cx="([\d.]+)"/g)].map(([, x]) => Number(x));
    expect((x2! - x0!) / (x1! - x0!)).toBeCloseTo(4, 1);
  });

  it('renders unknown figures', () => {
    const series = [{ name: 'a', values: [Number.NaN, 1] }];
    for (const kind of ['bars', 'stacks', 'lines'] as const)
      expect(svg({ kind, title: 'x', unit: '', labels: ['1', '2'], series })).not.toContain('NaN"');
  });
});
