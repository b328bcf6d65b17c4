import type { Alert, RecordingRule } from './alert.js';

/** The part of all requests that may fail with a status from 500 on, over 30 days. */
const ERROR_BUDGET = 0.001;

/** Requests of clients: not those of Prometheus and of health checks. */
const REQUESTS = 'job="hosts",route!~"/metrics|/health.*"';

/** Windows over which errors are compared with requests; the shorter one of a pair ends an alert soon after its cause. */
const WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'] as const;
type Window = (typeof WINDOWS)[number];

const REQUEST_RATE = 'job:http_requests:rate5m';
const ERROR_RATE = 'job:http_errors:rate5m';
const errorRatio = (window: Window) => `job:http_errors:ratio${window}`;

/**
 * The ratios of longer windows are computed from recorded rates: to read days of every series of every process at each evaluation
 * would take more memory than Prometheus has.
 */
export const errorRatios: readonly RecordingRule[] = [
  { record: REQUEST_RATE, expr: `sum by (job) (rate(http_requests_total{${REQUESTS}}[5m]))` },
  {
    record: ERROR_RATE,
    // Without any error there is no series to sum.
    expr: `sum by (job) (rate(http_requests_total{${REQUESTS},status=~"5.."}[5m])) or 0 * ${REQUEST_RATE}`,
  },
  ...WINDOWS.map((window) => ({
    record: errorRatio(window),
    expr: `sum_over_time(${ERROR_RATE}[${window}]) / sum_over_time(${REQUEST_RATE}[${window}])`,
  })),
];

/**
 * Whether the error budget is used up `factor` times as fast as it lasts, over a long and a short window.
 * @see https://sre.google/workbook/alerting-on-slos/ (multiwindow, multi-burn-rate alerts)
 */
const burns = (factor: number, long: Window, short: Window) =>
  `(${errorRatio(long)} > ${factor} * ${ERROR_BUDGET} and ${errorRatio(short)} > ${factor} * ${ERROR_BUDGET})`;

const summary = (pace: string) =>
  `{{ $value | humanizePercentage }} of the requests fail: the error budget of 30 days ${pace}`;

export const errorBudgetAlerts: readonly Alert[] = [
  {
    name: 'ErrorBudgetBurnsFast',
    expr: `${burns(14.4, '1h', '5m')} or ${burns(6, '6h', '30m')}`,
    for: '1m',
    severity: 'page',
    summary: summary('lasts for five days at most'),
  },
  {
    name: 'ErrorBudgetBurnsSlowly',
    expr: `${burns(3, '1d', '2h')} or ${burns(1, '3d', '6h')}`,
    for: '15m',
    severity: 'ticket',
    summary: summary('will be used up before they are over'),
  },
];
