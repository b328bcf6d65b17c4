import { UsageError } from '@tearline/process';
import { InvalidArgumentError } from 'commander';
import { pino } from 'pino';

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Parses `15m`, as the time before now, or a time in ISO 8601. */
export function timeOf(text: string): Date {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (unit !== undefined) return new Date(Date.now() - Number(count) * UNITS[unit as keyof typeof UNITS]);
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(text) : new Date(NaN);
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('Expected a time such as 15m, 2h, 3d or 2026-11-30T05:00:00Z.');
  return time;
}

/** Returns the number of a level. */
export function levelOf(text: string): number {
  const level = new Map(Object.entries(pino.levels.values)).get(text);
  if (level === undefined)
    throw new InvalidArgumentError(`Expected one of ${Object.keys(pino.levels.values).join(', ')}.`);
  return level;
}

/** Returns the name of a level of a line. */
export const levelName = (level: number): string => pino.levels.labels[level] ?? `${level}`;

export function traceId(text: string): string {
  if (!/^[\da-f]{32}$/.test(text))
    throw new InvalidArgumentError('Expected 32 hexadecimal digits in lower case.');
  return text;
}

/** @throws UsageError when options contradict each other */
export function refuseContradictions(options: Readonly<Record<string, unknown>>): void {
  const given = (name: string) => options[name] !== undefined && options[name] !== false;
  const criteria = ['until', 'trace', 'request', 'level', 'module', 'text', 'follow', 'json', 'limit'].filter(
    given,
  );
  if (given('sql') && criteria.length > 0)
    throw new UsageError(`--sql stands alone, or with --since; leave --${criteria[0]} out`);
  if (given('follow') && given('until'))
    throw new UsageError('--follow goes on without an end; leave --until out');
}
