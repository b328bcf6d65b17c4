import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** The data source that Grafana is given, by the name that all dashboards use. */
export const DATA_SOURCE = { type: 'prometheus', uid: 'prometheus' } as const satisfies DataSourceRef;

/** The tag of all dashboards, by which they link to each other. */
const TAG = 'tearline';
/** Grafana's grid has 24 columns: three graphs, or six single values, in a row. */
const GRAPH = { span: 8, height: 8 };
const VALUE = { span: 4, height: 4 };

/** A query, and the legend of its series. */
export type Query = readonly [expr: string, legend: string];

/** Returns an empty dashboard that shows the last hour and links to the others. */
export const dashboard = (title: string, uid: string) =>
  new DashboardBuilder(title)
    .uid(uid)
    .tags([TAG])
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .refresh('10s')
    .time({ from: 'now-1h', to: 'now' })
    .timezone('browser')
    .link(
      new DashboardLinkBuilder('Tearline')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(true)
        .keepTime(true),
    );

/** Returns a variable with the values that a label has. */
export const labelVariable = (label: string, metric: string) =>
  new QueryVariableBuilder(label)
    .datasource(DATA_SOURCE)
    .query(`label_values(${metric}, ${label})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);

export const row = (title: string) => new RowBuilder(title);

/** Returns a panel with a line for each series. */
export function graph(title: string, unit: string, ...queries: readonly Query[]): TimeSeriesBuilder {
  const panel = new TimeSeriesBuilder()
    .title(title)
    .unit(unit)
    .datasource(DATA_SOURCE)
    .span(GRAPH.span)
    .height(GRAPH.height)
    .min(0)
    .fillOpacity(5);
  return withQueries(panel, queries);
}

/** Returns a panel with the last value of a query. */
export function value(title: string, unit: string, expr: string): StatBuilder {
  const panel = new StatBuilder()
    .title(title)
    .unit(unit)
    .datasource(DATA_SOURCE)
    .span(VALUE.span)
    .height(VALUE.height);
  return withQueries(panel, [[expr, '']]);
}

function withQueries<T extends TimeSeriesBuilder | StatBuilder>(panel: T, queries: readonly Query[]): T {
  for (const [index, [expr, legend]] of queries.entries())
    panel.withTarget(
      new DataqueryBuilder()
        .datasource(DATA_SOURCE)
        .refId(String.fromCharCode('A'.charCodeAt(0) + index))
        .expr(expr)
        .legendFormat(legend)
        .range(),
    );
  return panel;
}

/** Returns the rate of a counter in a second, by some labels. */
export const rate = (by: string, counter: string) => `sum by (${by}) (rate(${counter}[$__rate_interval]))`;

/** Returns a quantile of a histogram, by some labels. */
export const quantile = (of: number, by: string, histogram: string) =>
  `histogram_quantile(${of}, sum by (${by === '' ? 'le' : `${by}, le`}) (rate(${histogram}[$__rate_interval])))`;
