import { parseArgs } from 'node:util';
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

const HELP = `npm run faults [-- <options>]

Runs two modules in separate processes: one publishes, the other subscribes and has background work. Under constant load,
kills the processes, Redis and PostgreSQL with SIGKILL at each step of a delivery. Then makes Redis unreachable for a minute,
and empties it every few seconds. Prints how many events were written, handled, lost, handled twice and out of order. Exits
with 1 if an event was lost, handled twice or out of order. Takes about 45 minutes.

  --broker B     where the queues are: redis, postgres or both (both); redis needs redis-server in PATH
  --kills N      kills of a process at each step (20); a quarter of that for a server
  --points a,b   only these steps, of ${injectionPointNames.slice(0, 5).join(', ')},
                 ${injectionPointNames.slice(5).join(', ')}; none: only the outages
  --rate N       entries a second (30)
  --outage N     seconds of each outage of Redis (60); 0: none
  --quick        two kills at each step, outages of six seconds
`;

/** @returns undefined after printing the help */
export function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      broker: { type: 'string', default: 'both' },
      kills: { type: 'string' },
      points: { type: 'string', default: injectionPointNames.join(',') },
      rate: { type: 'string', default: '30' },
      outage: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return undefined;
  }
  const kills = whole('kills', values.kills ?? (values.quick ? '2' : '20'), 1);
  return {
    brokers: brokersOf(values.broker),
    kills: { processes: kills, servers: Math.ceil(kills / 4) },
    points: pointsOf(values.points),
    rate: whole('rate', values.rate, 1),
    outage: whole('outage', values.outage ?? (values.quick ? '6' : '60'), 0),
  };
}

function brokersOf(text: string): BrokerName[] {
  if (text === 'both') return ['redis', 'postgres'];
  if (text === 'redis' || text === 'postgres') return [text];
  throw new Error(`--broker: expected redis, postgres or both, got '${text}'`);
}

function pointsOf(text: string): InjectionPoint[] {
  if (text === 'none') return [];
  return text.split(',').map((name) => {
    const point = injectionPointNames.find((one) => one === name);
    if (!point)
      throw new Error(`--points: expected names of ${injectionPointNames.join(', ')}, got '${name}'`);
    return point;
  });
}

function whole(name: string, text: string, min: number): number {
  const value = Number(text);
  if (!/^\d{1,6}$/.test(text) || value < min)
    throw new Error(`--${name}: expected a whole number from ${min}, got '${text}'`);
  return value;
}
