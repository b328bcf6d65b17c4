import type { Results } from '../../results.js';
import { paragraph, type Section, textTable } from '../../../kit/report/document.js';

/** Where, when and how it was measured. */
export function machineSection({ environment: about, topologies, measured }: Results): Section {
  const total = Object.values(about.mix).reduce((sum, weight) => sum + weight, 0);
  const mix = Object.entries(about.mix).map(
    ([name, weight]) => `${name} ${((100 * weight) / total).toFixed(1)} %`,
  );
  const rounds = Object.values(measured)[0]!.saturation.length;
  const late = Math.max(
    ...Object.values(measured).flatMap(({ paced }) => paced.flat().map((round) => round.late)),
  );
  return {
    title: 'Where it was measured',
    parts: [
      textTable(
        ['', ''],
        [
          ['machine', `${about.processor}, ${(about.memoryMiB / 1024).toFixed(1)} GiB, ${about.system}`],
          ['hosts', about.containers ? 'in containers, as docker/compose.yaml has them' : 'processes'],
          ['software', `Node ${about.node}, PostgreSQL ${about.postgres}, queues on ${about.queues}`],
          ['cores', about.cores],
          [
            'when',
            `${about.startedAt}, ${about.minutes.toFixed(1)} minutes${about.quick ? ', quick: a look' : ''}`,
          ],
          ['rounds', `${rounds}, medians`],
          [
            'equal for all',
            `the cores; ${about.replicas} process${about.replicas === 1 ? '' : 'es'} of each host; ${about.connections} ` +
              'connections to the database for each module of a process; the data; the requests and when they come',
          ],
          ['others', `processes that are none of ours had ${about.otherCores.toFixed(2)} cores in use`],
          [
            'the load',
            `99 of 100 requests were sent within ${late.toFixed(1)} ms of their time, in the worst round`,
          ],
        ],
      ),
      paragraph(`Requests: ${mix.join(', ')}.`),
      textTable(
        ['topology', 'hosts'],
        topologies.map(({ name, hosts }) => [
          name,
          hosts.map((host) => `${host.name} (${host.modules.join(', ')})`).join('; '),
        ]),
      ),
    ],
  };
}
