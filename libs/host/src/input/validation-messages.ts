import type { z } from 'zod';

const BLANK = "can't be blank";
/** The client determines how many unknown fields there are, and how long their names. */
const MAX_NAMED_FIELDS = 5;
const MAX_NAME_LENGTH = 50;

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  bigint: 'a whole number',
  boolean: 'true or false',
  date: 'a date',
  int: 'a whole number',
  map: 'an object',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  set: 'a list',
  string: 'a string',
  tuple: 'a list',
};

/**
 * Returns the API's message for an issue whose schema has none of its own; zod's messages name its types. `undefined` for a kind of
 * issue that a future version of zod may add.
 */
export function validationMessage(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined || issue.input === null) return BLANK;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPES[issue.expected] ?? 'valid'}`;
    case 'too_big':
      return limitMessage(issue.origin, 'maximum', Number(issue.maximum), issue.inclusive !== false);
    case 'too_small':
      if (issue.origin === 'string' && issue.input === '') return BLANK;
      return limitMessage(issue.origin, 'minimum', Number(issue.minimum), issue.inclusive !== false);
    case 'invalid_value':
      return `must be ${alternatives(issue.values.map(String))}`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return `has unknown fields: ${namesOf(issue.keys)}`;
    case 'invalid_key':
      return 'has an invalid key';
    case 'invalid_format':
    case 'invalid_union':
    case 'invalid_element':
    case 'custom':
      return 'is invalid';
    default:
      return undefined;
  }
}

function limitMessage(
  origin: string,
  kind: 'maximum' | 'minimum',
  limit: number,
  isInclusive: boolean,
): string {
  const isMax = kind === 'maximum';
  if (origin === 'string')
    return `is too ${isMax ? 'long' : 'short'} (${kind} is ${count(limit, 'character')})`;
  if (origin === 'array' || origin === 'set')
    return `is too ${isMax ? 'long' : 'short'} (${kind} is ${count(limit, 'item')})`;
  if (origin === 'map' || origin === 'record' || origin === 'object')
    return `has too ${isMax ? 'many' : 'few'} keys (${kind} is ${limit})`;
  if (origin === 'file') return `is too ${isMax ? 'large' : 'small'} (${kind} is ${count(limit, 'byte')})`;
  if (origin === 'date')
    return `must be ${isMax ? 'no later' : 'no earlier'} than ${new Date(limit).toISOString()}`;
  if (!isInclusive) return `must be ${isMax ? 'less' : 'greater'} than ${limit}`;
  return `must be at ${isMax ? 'most' : 'least'} ${limit}`;
}

const count = (number: number, unit: string) => `${number} ${unit}${number === 1 ? '' : 's'}`;

function alternatives(values: readonly string[]): string {
  const last = values.at(-1) ?? '';
  return values.length > 1 ? `${values.slice(0, -1).join(', ')} or ${last}` : last;
}

function namesOf(keys: readonly string[]): string {
  const names = keys.slice(0, MAX_NAMED_FIELDS).map((key) => key.slice(0, MAX_NAME_LENGTH));
  return keys.length > MAX_NAMED_FIELDS ? `${names.join(', ')}, …` : names.join(', ');
}
