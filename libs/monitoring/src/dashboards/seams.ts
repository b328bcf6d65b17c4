import * as units from '@grafana/grafana-foundation-sdk/units';
import { dashboard, graph, quantile, rate, row, value } from './panels.js';

/** A remote call is counted by its caller, and once more by its callee. */
const CALLS = 'placement!="server"';

/** Calls between modules. */
export const seams = () =>
  dashboard('Seams', 'tearline-seams')
    .withPanel(value('Local calls', units.OpsPerSecond, `sum(rate(seam_calls_total{placement="local"}[5m]))`))
    .withPanel(
      value('Remote calls', units.OpsPerSecond, `sum(rate(seam_calls_total{placement="remote"}[5m]))`),
    )
    .withPanel(value('Ejected addresses', units.Short, 'sum(seam_endpoints_ejected)'))
    .withRow(row('Calls'))
    .withPanel(
      graph('By contract', units.OpsPerSecond, [
        rate('contract, placement', `seam_calls_total{${CALLS}}`),
        '{{contract}} {{placement}}',
      ]),
    )
    .withPanel(
      graph('By outcome', units.OpsPerSecond, [rate('outcome', `seam_calls_total{${CALLS}}`), '{{outcome}}']),
    )
    .withPanel(
      graph('By calling host', units.OpsPerSecond, [
        rate('host, contract', `seam_calls_total{${CALLS}}`),
        '{{host}} calls {{contract}}',
      ]),
    )
    .withPanel(
      graph('p99 by contract', units.Seconds, [
        quantile(0.99, 'contract, placement', `seam_call_duration_seconds_bucket{${CALLS}}`),
        '{{contract}} {{placement}}',
      ]),
    )
    .withPanel(
      graph(
        'p99 of remote calls: at the caller, at the callee',
        units.Seconds,
        [
          quantile(0.99, 'contract', 'seam_call_duration_seconds_bucket{placement="remote"}'),
          '{{contract}} caller',
        ],
        [
          quantile(0.99, 'contract', 'seam_call_duration_seconds_bucket{placement="server"}'),
          '{{contract}} callee',
        ],
      ),
    )
    .withPanel(
      graph('Answers by source', units.OpsPerSecond, [
        rate('contract, source', 'seam_answers_total'),
        '{{contract}} {{source}}',
      ]),
    )
    .withRow(row('Addresses'))
    .withPanel(graph('Ejected', units.Short, ['sum by (host) (seam_endpoints_ejected)', '{{host}}']))
    .withPanel(
      graph('Ejections', units.Short, ['sum by (host) (increase(seam_ejections_total[5m]))', '{{host}}']),
    );
