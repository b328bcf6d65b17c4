import pg from 'pg';

// Object identifiers of PostgreSQL's built-in types (pg_type.dat).
const INT8 = 20;
const INT8_ARRAY = 1016;
const TEXT_ARRAY = 1009;
const TIMESTAMPTZ = 1184;

const parserOf = pg.types.getTypeParser as (
  oid: number,
  format: 'text' | 'binary',
) => (text: string) => unknown;
const anyTextArray = parserOf(TEXT_ARRAY, 'text');
const anyTimestamp = parserOf(TIMESTAMPTZ, 'text');

const items = (text: string) => (text === '{}' ? [] : text.slice(1, -1).split(','));

// A page of articles has twenty tag lists and forty timestamps, and pg's general parsers show in its profile. These parse
// the usual forms and leave the rest to pg.
const TEXT_PARSERS: Readonly<Record<number, (text: string) => unknown>> = {
  [INT8]: Number,
  [INT8_ARRAY]: (text) => items(text).map(Number),
  [TEXT_ARRAY]: (text) => (/["\\]|NULL/.test(text) ? anyTextArray(text) : items(text)),
  [TIMESTAMPTZ]: (text) =>
    /^\d{4}-.*\+00$/.test(text)
      ? new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`)
      : anyTimestamp(text),
};

/**
 * Parsers of columns, for repositories and Reader: `int8` becomes a number, since ids and counts stay below 2^53; other
 * types are parsed as by pg.
 */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format: 'text' | 'binary' = 'text') =>
    (format === 'text' ? TEXT_PARSERS[oid] : undefined) ??
    parserOf(oid, format)) as typeof pg.types.getTypeParser,
};
