import { ratio, tableOfColumns, verdict } from '../../kit/report/markdown.js';
import type { Delivery } from './delivery.js';
import type { FanOut } from './fan-out.js';
import type { Publishing } from './publishing.js';

export type BrokerName = 'redis' | 'postgres';

/** The measurements with one broker. */
export interface Finding {
  readonly broker: BrokerName;
  readonly publishing: Publishing;
  readonly delivery: Delivery;
  readonly fanOut: FanOut;
}

const GOALS = { publishRatio: 1.15, deliveryMs: 50, rowsPerSecond: 5_000, listRatio: 3 };

const ms = (value: number) => value.toFixed(1);

/** Returns tables with a line for each broker. */
export function tablesOf(findings: readonly Finding[]): string[] {
  const latencies = tableOfColumns<Finding>(
    [
      ['queues on', ({ broker }) => broker],
      ['publish without subscribers, p50 ms', ({ publishing }) => ms(publishing.unsubscribed)],
      ['publish, p50 ms', ({ publishing }) => ms(publishing.subscribed)],
      ['ratio', ({ publishing }) => ratio(publishing.ratio)],
      [`≤ × ${GOALS.publishRatio}`, ({ publishing }) => verdict(publishing.ratio <= GOALS.publishRatio)],
      ['favorite to notification, p50 ms', ({ delivery }) => ms(delivery.p50)],
      [
        `≤ ${GOALS.deliveryMs} on Redis`,
        ({ broker, delivery }) => (broker === 'redis' ? verdict(delivery.p50 <= GOALS.deliveryMs) : '–'),
      ],
      ['p99 ms', ({ delivery }) => ms(delivery.p99)],
    ],
    findings,
  );
  const fanOuts = tableOfColumns<Finding>(
    [
      ['queues on', ({ broker }) => broker],
      ['followers', ({ fanOut }) => `${fanOut.followers}`],
      ['seconds', ({ fanOut }) => ms(fanOut.seconds)],
      ['rows a second', ({ fanOut }) => fanOut.perSecond.toFixed(0)],
      [`≥ ${GOALS.rowsPerSecond}`, ({ fanOut }) => verdict(fanOut.perSecond >= GOALS.rowsPerSecond)],
      ['list p99 ms idle', ({ fanOut }) => ms(fanOut.idle.p99)],
      ['meanwhile', ({ fanOut }) => ms(fanOut.meanwhile.p99)],
      [
        `≤ × ${GOALS.listRatio}`,
        ({ fanOut }) => verdict(fanOut.meanwhile.p99 <= GOALS.listRatio * fanOut.idle.p99),
      ],
    ],
    findings,
  );
  return [latencies, fanOuts];
}
