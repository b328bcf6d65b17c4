import type { Section } from '../../../kit/report/document.js';
import { percent } from '../../../kit/report/markdown.js';
import { sum } from '../../../kit/statistics.js';
import type { Results } from '../../results.js';

/** Returns the machine and the parameters of the run. */
export function environmentSection({ environment, topologies, measured }: Results): Section {
  const { replicas, connections, startedAt, minutes, mix } = environment;
  const total = sum(Object.values(mix));
  const shares = Object.entries(mix).map(([name, weight]) => `${name} ${percent(weight / total, 1)}`);
  const all = Object.values(measured);
  const delay = Math.max(...all.flatMap(({ paced }) => paced.flat().map((round) => round.delay)));
  return {
    title: 'Environment',
    parts: [
      {
        head: ['', ''],
        isText: true,
        rows: [
          [
            'machine',
            `${environment.processor}, ${(environment.memoryMiB / 1024).toFixed(1)} GiB, ${environment.system}`,
          ],
          ['hosts', environment.containers ? 'containers, as `npm run compose` runs them' : 'processes'],
          [
            'software',
            `Node ${environment.node}, PostgreSQL ${environment.postgres}, queues on ${environment.queues}`,
          ],
          ['cores', environment.cores],
          [
            'time',
            `${startedAt}, ${minutes.toFixed(1)} minutes${environment.quick ? ', quick: a first look' : ''}`,
          ],
          ['rounds', `${all[0]!.saturation.length}, medians`],
          [
            'equal for all',
            `the cores; ${replicas} process${replicas === 1 ? '' : 'es'} of each host; ${connections} database connections ` +
              'for each module of a process; the data; the requests and their arrival times',
          ],
          ['other processes', `${environment.otherCores.toFixed(2)} cores`],
          ['load generator', `p99 of its delay: ${delay.toFixed(1)} ms, in the worst round`],
        ],
      },
      `Requests: ${shares.join(', ')}.`,
      {
        head: ['topology', 'hosts'],
        isText: true,
        rows: topologies.map(({ name, hosts }) => [
          name,
          hosts.map((host) => `${host.name} (${host.modules.join(', ')})`).join('; '),
        ]),
      },
    ],
  };
}
