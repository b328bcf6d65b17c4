import { parseArgs } from 'node:util';
import { endpoints } from '../../kit/endpoints.js';
import { chosen, number, whole } from '../options.js';

/** What a run measures, and for how long. */
export interface SplitOptions {
  readonly endpoints: readonly string[];
  /** Seconds of one round. */
  readonly seconds: number;
  readonly rounds: number;
  /** That load at once, where it is found out how much can be borne. */
  readonly connections: number;
  /** The load under which both are compared, as a share of what the split can bear. */
  readonly share: number;
  readonly starts: number;
  readonly profile: boolean;
}

const names = endpoints.map(({ name }) => name);
const USUAL = ['list', 'article', 'feed', 'profile', 'comments'];

const HELP = `npm run bench:split [-- <options>]

Starts a private PostgreSQL, seeds it, and starts the modules twice as in production: together in the monolith, and each
alone in a service that calls the others over TCP. All of these processes share one core. Prints what the same load
costs here and there, and how a service with one module starts. Takes about four minutes.

  --endpoints a,b    only these (${USUAL.join(',')}), of
                     ${names.join(', ')}
  --seconds N        of a round (2)
  --rounds N         each has its turn in each; the medians count (5)
  --connections N    that load at once, where it is found out how much each can bear (32)
  --share N          the load under which both are compared, of what the split can bear (0.4)
  --starts N         of each, of which the medians count (5)
  --quick            short rounds: for a look, not for figures to quote
  --profile          writes a CPU profile of each process; its figures are then too high
`;

/** @returns undefined when help was asked for, and given */
export function readSplitOptions(args: string[]): SplitOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      endpoints: { type: 'string' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      connections: { type: 'string' },
      share: { type: 'string' },
      starts: { type: 'string' },
      quick: { type: 'boolean' },
      profile: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return undefined;
  }
  const { quick = false, profile = false } = values;
  return {
    endpoints: chosen(values.endpoints ?? USUAL.join(','), names),
    seconds: number('seconds', values.seconds, { least: 0.1, most: 600 }) ?? (quick ? 0.5 : 2),
    rounds: whole('rounds', values.rounds) ?? (quick ? 2 : 5),
    connections: whole('connections', values.connections) ?? 32,
    share: number('share', values.share, { least: 0.01, most: 0.95 }) ?? 0.4,
    starts: whole('starts', values.starts) ?? (quick ? 2 : 5),
    profile,
  };
}
