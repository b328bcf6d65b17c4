import { parseArgs } from 'node:util';
import { chosen, number, whole } from '../options.js';

export type BrokerName = 'redis' | 'postgres';

/** What a run measures, and how much of it. */
export interface EventsOptions {
  readonly brokers: readonly BrokerName[];
  /** Publications and favorites, each in every round. */
  readonly samples: number;
  readonly rounds: number;
  /** Of the author whose article is told to all of them. */
  readonly followers: number;
}

const BROKERS = ['redis', 'postgres'] as const;

const HELP = `npm run bench:events [-- <options>]

Starts a private PostgreSQL and a private Redis, seeds the former, and starts the API twice, once as if nobody
subscribed to its events, beside a worker that handles them. Prints what an event costs the request that publishes it,
how long it takes until its effect can be read, and how fast an article reaches many followers while others read.
Takes about five minutes.

  --brokers a,b      only these (${BROKERS.join(',')})
  --samples N        publications and favorites in a round (300)
  --rounds N         of which the medians count (5)
  --followers N      of one author (100000)
  --quick            for a look, not for figures to quote
`;

/** @returns undefined when help was asked for, and given */
export function readEventsOptions(args: string[]): EventsOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      brokers: { type: 'string' },
      samples: { type: 'string' },
      rounds: { type: 'string' },
      followers: { type: 'string' },
      quick: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return undefined;
  }
  const { quick = false } = values;
  return {
    brokers: chosen(values.brokers ?? BROKERS.join(','), [...BROKERS]) as BrokerName[],
    samples: whole('samples', values.samples) ?? (quick ? 60 : 300),
    rounds: whole('rounds', values.rounds) ?? (quick ? 2 : 5),
    followers:
      number('followers', values.followers, { least: 1, most: 1_000_000 }) ?? (quick ? 20_000 : 100_000),
  };
}
