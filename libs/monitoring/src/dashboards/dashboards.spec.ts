import { describe, expect, it } from 'vitest';
import { dashboards } from './dashboards.js';
import { grafanaFiles } from './grafana-files.js';
import { DATA_SOURCE } from './panels.js';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: object;
  readonly targets?: readonly {
    readonly refId: string;
    readonly expr: string;
    readonly datasource: object;
  }[];
}

const files = grafanaFiles('http://prometheus:9090');
const written = dashboards().map(
  ({ uid }) =>
    JSON.parse(files[`dashboards/${uid}.json`]!) as { uid: string; title: string; panels: Panel[] },
);

it('all dashboards have an id and a title of their own', () => {
  for (const key of ['uid', 'title'] as const)
    expect(new Set(written.map((each) => each[key])).size).toBe(written.length);
});

describe.each(written)('$title', ({ panels }) => {
  const graphs = panels.filter(({ type }) => type !== 'row');

  it('has panels with titles of their own, each with queries to the data source', () => {
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
    for (const { datasource, targets } of graphs) {
      expect(datasource).toEqual(DATA_SOURCE);
      expect(targets!.length).toBeGreaterThan(0);
      expect(new Set(targets!.map(({ refId }) => refId)).size).toBe(targets!.length);
      for (const target of targets!) expect(target.datasource).toEqual(DATA_SOURCE);
    }
  });

  it('has panels that do not overlap, within 24 columns', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => [x + (index % w), y + Math.floor(index / w)] as const),
    );
    expect(cells.filter(([x]) => x >= 24)).toEqual([]);
    expect(new Set(cells.map(String)).size).toBe(cells.length);
  });
});
