import { parseArgs } from 'node:util';
import { points, type Point } from './points.js';
import type { BrokerName } from './rig.js';

/** What a run does. */
export interface Options {
  readonly brokers: readonly BrokerName[];
  /** Kills of processes, and of servers, for each case. */
  readonly kills: { readonly processes: number; readonly servers: number };
  readonly points: readonly Point[];
  /** Entries a second. */
  readonly rate: number;
  /** Seconds that Redis is away; 0 leaves that part out. */
  readonly outage: number;
}

const HELP = `npm run faults [-- <options>]

Two modules in processes of their own: one publishes, one subscribes and has background work. While writers write,
somebody is killed with -9 again and again, at each step of an event's way: the processes, Redis, PostgreSQL. Then Redis
is taken away for a minute, and emptied every few seconds. Prints what was written, what arrived, and what was lost,
doubled or out of order, and ends with 1 when any of that is not 0. Takes about three quarters of an hour.

  --broker B     redis, postgres or both (both): what the queues are on; redis needs redis-server in PATH
  --kills N      of a process at each step (20); of a server a quarter of that
  --points a,b   only these steps, of ${points.slice(0, 5).join(', ')},
                 ${points.slice(5).join(', ')}; none: only what follows
  --rate N       entries a second (30)
  --outage N     seconds that Redis is away each time (60); 0: never
  --quick        two kills at each step, and six seconds
`;

/** @returns undefined when help was asked for, and given */
export function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      broker: { type: 'string', default: 'both' },
      kills: { type: 'string' },
      points: { type: 'string', default: points.join(',') },
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
  throw new Error(`--broker '${text}': must be redis, postgres or both`);
}

function pointsOf(text: string): Point[] {
  if (text === 'none') return [];
  return text.split(',').map((name) => {
    const point = points.find((one) => one === name);
    if (!point) throw new Error(`--points '${name}': must be of ${points.join(', ')}`);
    return point;
  });
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^\d{1,6}$/.test(text) || value < least)
    throw new Error(`--${name} '${text}': must be a whole number, ${least} at least`);
  return value;
}
