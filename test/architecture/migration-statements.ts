/** A statement that locks a table, which may be large, for longer than a moment. */
export interface LongLock {
  readonly table: string;
  readonly reason: string;
}

type Rule = readonly [pattern: RegExp, reason: string];

const EXPLAINED = /--\s*lock: \S/;
const NAME = String.raw`((?:[\w$]+|"[^"]+")(?:\.(?:[\w$]+|"[^"]+"))?)`;
const CREATE_TABLE = new RegExp(`^create (?:unlogged )?table (?:if not exists )?${NAME}`);
const ALTER_TABLE = new RegExp(`^alter table (?:if exists )?(?:only )?${NAME} (.*)$`);

/** Statements whose first group is a table. */
const STATEMENTS: readonly Rule[] = [
  [
    new RegExp(String.raw`^create (?:unique )?index (?!concurrently\b).*?\bon (?:only )?${NAME}`),
    'blocks writes until the index is built: create it concurrently, in a migration with `transaction = false`',
  ],
  [new RegExp(`^vacuum \\(?full\\b.*? ${NAME}$`), 'rewrites the table'],
  [new RegExp(`^cluster ${NAME}`), 'rewrites the table'],
  [
    new RegExp(`^reindex (?:table|index) (?!concurrently\\b)${NAME}`),
    'blocks writes until the index is built: reindex concurrently',
  ],
  [new RegExp(`^lock (?:table )?(?:only )?${NAME}`), 'locks the table until the migration ends'],
  [
    new RegExp(`^(?:update|delete from) (?:only )?${NAME}(?!.*\\bwhere\\b)`),
    'locks every row until the migration ends: change them in batches, outside of migrations',
  ],
];

const VOLATILE =
  /\bdefault\b.*\b(random|clock_timestamp|timeofday|statement_timestamp|gen_random_uuid|uuid_\w+|nextval)\(/;
/** Parts of ALTER TABLE. */
const ACTIONS: readonly Rule[] = [
  [
    /^add (?:constraint \S+ )?(?:check|foreign key)\b(?!.*\bnot valid\b)/,
    'reads the table under a lock: add it as not valid, and validate it in a later migration',
  ],
  [
    /^add (?:constraint \S+ )?(?:unique|primary key|exclude)\b(?!.*\busing index\b)/,
    'builds an index under a lock: create the index concurrently, and add the constraint using it',
  ],
  [VOLATILE, 'rewrites the table: add the column without a default, set the default, fill it in batches'],
  [/^add (?:column )?(?!constraint\b).*\b(?:small|big)?serial\b/, 'rewrites the table'],
  [/^add (?:column )?(?!constraint\b).*\bgenerated\b.*\b(?:identity|stored)\b/, 'rewrites the table'],
  [
    /^add (?:column )?(?!constraint\b)(?!.*\busing index\b).*\b(?:unique|primary key)\b/,
    'builds an index under a lock: create it concurrently',
  ],
  [
    /^add (?:column )?(?!constraint\b)(?!.*\bnot valid\b).*\b(?:references|check)\b/,
    'reads the table under a lock: add the constraint as not valid',
  ],
  [/^alter (?:column )?\S+ (?:set data )?type\b/, 'may rewrite the table: add a column of the new type'],
  [
    /^alter (?:column )?\S+ set not null\b/,
    'reads the table under a lock: validate a check constraint first, in a migration of its own',
  ],
  [/^set (?:logged|unlogged|tablespace|access method)\b/, 'rewrites the table'],
];

/**
 * Returns the statements of one migration that rewrite an existing table, or lock it for long. Tables that the migration creates
 * are empty; a text that says why its statements are harmless, as in `-- lock: a table of ten rows`, is left out.
 * @param sql what the migration runs, in order
 */
export function longLocks(sql: readonly string[]): LongLock[] {
  const created = new Set<string>();
  const locks: LongLock[] = [];
  for (const statement of sql.filter((text) => !EXPLAINED.test(text)).flatMap(statementsOf)) {
    const table = CREATE_TABLE.exec(statement)?.[1];
    if (table) created.add(nameOf(table));
    locks.push(...locksOf(statement));
  }
  return locks.filter(({ table }) => !created.has(table));
}

function locksOf(statement: string): LongLock[] {
  const [, altered, actions] = ALTER_TABLE.exec(statement) ?? [];
  if (altered && actions)
    return partsOf(actions).flatMap((action) =>
      ACTIONS.filter(([pattern]) => pattern.test(action))
        .slice(0, 1)
        .map(([, reason]) => ({ table: nameOf(altered), reason })),
    );
  return STATEMENTS.flatMap(([pattern, reason]) => {
    const table = pattern.exec(statement)?.[1];
    return table ? [{ table: nameOf(table), reason }] : [];
  });
}

const nameOf = (table: string) => table.replaceAll('"', '');

/** Returns the statements in lower case, without comments, texts and bodies of functions, each on one line. */
function statementsOf(sql: string): string[] {
  return sql
    .replaceAll(/--.*|\/\*[^]*?\*\//g, ' ')
    .replaceAll(/(\$\w*\$)[^]*?\1|'(?:[^']|'')*'/g, "''")
    .toLowerCase()
    .split(';')
    .map((statement) => statement.replaceAll(/\s+/g, ' ').trim())
    .filter((statement) => statement !== '');
}

/** Splits at the commas outside of parentheses. */
function partsOf(actions: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of actions) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim());
}
