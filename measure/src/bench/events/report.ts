import type { Database } from '../../kit/database.js';
import { processor } from '../../kit/machine.js';
import type { Finding } from './finding.js';
import type { EventsOptions } from './options.js';

interface Circumstances {
  readonly options: EventsOptions;
  readonly database: Database;
}

const ms = (value: number) => value.toFixed(1);

/** A page of Markdown: where it was measured, and a line for each broker. */
export function report(findings: readonly Finding[], { options, database }: Circumstances): string {
  const { samples, rounds } = options;
  const verdict = (met: boolean) => (met ? 'met' : 'missed');
  return [
    `${processor()}, Node ${process.version}, PostgreSQL ${database.version}; nothing pinned; medians of ${rounds} rounds of ${samples}.`,
    '',
    '| queues on | publish, nobody told, p50 ms | publish, told, p50 ms | ratio (goal 1.15) | favorite to notification, p50 ms (goal 50 on Redis) | p99 ms |',
    '| --- | --- | --- | --- | --- | --- |',
    ...findings.map(
      ({ broker, publishing, effect }) =>
        `| ${broker} | ${ms(publishing.untold)} | ${ms(publishing.told)} | ${publishing.ratio.toFixed(2)} ${verdict(publishing.ratio <= 1.15)} | ${ms(effect.p50)}${broker === 'redis' ? ` ${verdict(effect.p50 < 50)}` : ''} | ${ms(effect.p99)} |`,
    ),
    '',
    '| queues on | followers | seconds | rows a second (goal 5,000) | list p99 ms idle | meanwhile (goal 3 times) |',
    '| --- | --- | --- | --- | --- | --- |',
    ...findings.map(
      ({ broker, fanOut: { followers, seconds, perSecond, idle, meanwhile } }) =>
        `| ${broker} | ${followers} | ${seconds.toFixed(1)} | ${Math.round(perSecond)} ${verdict(perSecond >= 5_000)} | ${ms(idle.p99)} | ${ms(meanwhile.p99)} ${verdict(meanwhile.p99 <= 3 * idle.p99)} |`,
    ),
  ].join('\n');
}
