import { script, wholeNumber } from '@tearline/process';
import { InvalidArgumentError, Option } from 'commander';
import { type InjectionPoint, injectionPointNames } from './injection-points.js';
import type { BrokerName } from './test-environment.js';

/** Options of the command. */
export interface Options {
  readonly brokers: readonly BrokerName[];
  /** Kills of processes, and of servers, for each case. */
  readonly kills: { readonly processes: number; readonly servers: number };
  readonly points: readonly InjectionPoint[];
  /** Entries a second. */
  readonly rate: number;
  /** Seconds that Redis is unreachable; 0 skips the outages. */
  readonly outage: number;
}

interface Flags {
  readonly broker: BrokerName | 'all';
  readonly kills?: number;
  readonly points: readonly InjectionPoint[];
  readonly rate: number;
  readonly outage?: number;
  readonly quick?: true;
}

const atLeast = (min: number) => wholeNumber(min, 999_999);

/** Returns the command line of `npm run faults`. */
export const faultsCommand = (run: (options: Options) => Promise<void>) =>
  script('faults')
    .description(
      `Runs two modules: one publishes, the other subscribes and has background work; in separate processes with queues, and \
together without. Under constant load, kills the processes, Redis and PostgreSQL with SIGKILL at each step of a delivery. Then makes Redis unreachable for a \
minute, and empties it every few seconds. Prints how many events were written, handled, lost, handled twice and out of \
order. Exits with 1 if an event was lost, handled twice or out of order. Takes about 45 minutes.`,
    )
    .addOption(
      new Option(
        '--broker <name>',
        'where events are queued; none runs the modules in one process, redis needs redis-server in PATH',
      )
        .choices(['redis', 'postgres', 'none', 'all'])
        .default('all'),
    )
    .option(
      '--kills <number>',
      'kills of a process at each step (20); a quarter of that for a server',
      atLeast(1),
    )
    .addOption(
      new Option(
        '--points <names>',
        `only these steps, of ${injectionPointNames.join(', ')}; none runs the outages alone`,
      )
        .argParser(pointsOf)
        .default(injectionPointNames, 'all'),
    )
    .option('--rate <number>', 'entries a second', atLeast(1), 30)
    .option('--outage <seconds>', 'duration of each outage of Redis (60); 0 runs none', atLeast(0))
    .option('--quick', 'two kills at each step, outages of six seconds')
    .action(({ broker, quick, kills = quick ? 2 : 20, points, rate, outage = quick ? 6 : 60 }: Flags) =>
      run({
        brokers: broker === 'all' ? ['redis', 'postgres', 'none'] : [broker],
        kills: { processes: kills, servers: Math.ceil(kills / 4) },
        points,
        rate,
        outage,
      }),
    );

function pointsOf(text: string): InjectionPoint[] {
  if (text === 'none') return [];
  return text.split(',').map((name) => {
    const point = injectionPointNames.find((one) => one === name);
    if (!point)
      throw new InvalidArgumentError(`Expected names of ${injectionPointNames.join(', ')}, got '${name}'.`);
    return point;
  });
}
