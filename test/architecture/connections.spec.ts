import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Files that open connections with a URL that their callers have passed through `sessionUrl`. */
const GIVEN = [
  'libs/database/src/cancellable-pool.ts',
  'libs/database/src/cancel-query.ts', // sends one message, and opens no session
  'libs/database/src/replication/primary-client.ts',
  'libs/database/src/replication/server-monitor.ts',
  'libs/events/src/broker/writable-pool.ts',
];

const OPENS = /\bnew (?:pg\.)?(?:Client|Pool)\(|extends pg\.(?:Client|Pool)\b/;
/** Code, without what only tests run and without the embedded server, whose sessions belong to its superuser. */
const isChecked = (file: string) => !/[.](spec|fixture)[.]ts$|^libs\/embedded\//.test(file);

const text = (file: string) => readFileSync(file, 'utf8');

it('every connection is opened with sessionUrl, which pins the settings that the code relies on', () => {
  const files = globSync('{apps,libs}/**/src/**/*.ts').filter(
    (file) => isChecked(file) && OPENS.test(text(file)),
  );
  expect(files).toEqual(expect.arrayContaining([...GIVEN, 'libs/database/src/connect-to-primary.ts']));
  expect(files.filter((file) => !GIVEN.includes(file) && !text(file).includes('sessionUrl('))).toEqual([]);
});

it('every file that opens connections listens for their errors, which would end the process otherwise', () => {
  const files = globSync('{apps,libs}/**/src/**/*.ts').filter(
    (file) => !/[.](spec|fixture)[.]ts$/.test(file) && OPENS.test(text(file)),
  );
  expect(files).toContain('libs/embedded/src/base-backup.ts');
  expect(files.filter((file) => !/\.on\('error'/.test(text(file)))).toEqual([]);
});

it.each(['new pg.Client({ connectionString: url })', 'new Pool(options)', 'class C extends pg.Client {}'])(
  'a file with %s counts as one that opens connections',
  (code) => expect(OPENS.test(code)).toBe(true),
);
