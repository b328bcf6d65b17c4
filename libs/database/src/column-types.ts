import pg from 'pg';

// Object identifiers of PostgreSQL's built-in types (pg_type.dat).
const INT8 = 20;
const INT8_ARRAY = 1016;

const parseInt8Array = (text: string) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(Number));

/**
 * How columns arrive in JavaScript, through repositories and read door alike: `int8` as number, since our ids and
 * counts stay below 2^53, and the rest as pg has it.
 */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format: 'text' | 'binary' = 'text') => {
    if (format === 'text' && oid === INT8) return Number;
    if (format === 'text' && oid === INT8_ARRAY) return parseInt8Array;
    return pg.types.getTypeParser(oid, format);
  }) as typeof pg.types.getTypeParser,
};
