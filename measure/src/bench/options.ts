import { parseArgs } from 'node:util';
import { endpoints } from '../kit/endpoints.js';

/** What a run measures, and for how long. */
export interface Options {
  readonly endpoints: readonly string[];
  /** Seconds of one round against one server. */
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
  readonly yardsticks: boolean;
  /** Whether the monolith keeps answers in memory. */
  readonly cache: 'on' | 'off';
  readonly json?: string | undefined;
  readonly profile: boolean;
}

const names = endpoints.map(({ name }) => name);

const HELP = `npm run bench [-- <options>]

Starts a private PostgreSQL, seeds it, starts the monolith as in production and the yardsticks beside it, loads one
endpoint after the other, and prints what each request costs. Takes about five minutes.

  --endpoints a,b    only these, of ${names.slice(0, 6).join(', ')},
                     ${names.slice(6).join(', ')}
  --seconds N        of a round against one server (2)
  --rounds N         each server has its turn in each; the medians count (3)
  --connections N    that load it at once (32)
  --quick            short rounds: for a look, not for figures to quote
  --cache on|off     whether answers to anonymous readers are kept (on); off shows what the queries cost
  --no-yardstick     the monolith alone
  --profile          writes a CPU profile of the monolith for each endpoint; its figures are then too high
  --json FILE        writes everything that was measured
`;

/** @returns undefined when help was asked for, and given */
export function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    allowNegative: true,
    options: {
      endpoints: { type: 'string' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      connections: { type: 'string' },
      quick: { type: 'boolean' },
      cache: { type: 'string', default: 'on' },
      yardstick: { type: 'boolean' },
      profile: { type: 'boolean' },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return undefined;
  }
  const { cache } = values;
  if (cache !== 'on' && cache !== 'off') throw new Error(`--cache '${cache}': must be on or off`);
  return {
    cache,
    endpoints: chosen(values.endpoints, names),
    seconds: number('seconds', values.seconds, { least: 0.1, most: 600 }) ?? (values.quick ? 0.4 : 2),
    rounds: whole('rounds', values.rounds) ?? (values.quick ? 2 : 3),
    connections: whole('connections', values.connections) ?? 32,
    yardsticks: values.yardstick ?? true,
    profile: values.profile ?? false,
    json: values.json,
  };
}

/** @throws Error when the text lists what is not among the names */
export function chosen(list: string | undefined, names: readonly string[]): string[] {
  const wanted = list?.split(',') ?? names;
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0)
    throw new Error(`--endpoints: no ${unknown.join(', ')}; there are ${names.join(', ')}`);
  return names.filter((name) => wanted.includes(name));
}

/** @throws Error when the text of an option is no whole number from 1 */
export function whole(name: string, text: string | undefined): number | undefined {
  const value = number(name, text, { least: 1, most: 1_000 });
  if (value !== undefined && !Number.isInteger(value))
    throw new Error(`--${name} '${text}': must be a whole number`);
  return value;
}

/** @throws Error when the text of an option is no such number */
export function number(
  name: string,
  text: string | undefined,
  { least, most }: { least: number; most: number },
) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !(value >= least && value <= most))
    throw new Error(`--${name} '${text}': must be a number from ${least} to ${most}`);
  return value;
}
