import type { MigrationInterface, QueryRunner } from 'typeorm';
import { withCanonicalForms } from '../with-canonical-forms.js';

const BATCH_SIZE = 10_000;
const MAX_NAMED = 20;

/**
 * Stores the canonical forms of usernames and e-mail addresses, and makes them unique instead of `lower(…)`, which folds by
 * the locale of the database. The previous release does not write them: stop its hosts of identity first.
 */
export class CanonicalNames1770000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table identity.users add canonical_username text, add canonical_email text');
    await fill(runner);
    await refuseDuplicates(runner, 'username');
    await refuseDuplicates(runner, 'email');
    await runner.query(`
      alter table identity.users
        alter canonical_username set not null,
        alter canonical_email set not null,
        add constraint users_canonical_username unique (canonical_username),
        add constraint users_canonical_email unique (canonical_email);
      drop index identity.users_username, identity.users_email;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create unique index users_username on identity.users (lower(username));
      create unique index users_email on identity.users (lower(email));
      alter table identity.users drop canonical_username, drop canonical_email;
    `);
  }
}

async function fill(runner: QueryRunner): Promise<void> {
  for (let last = '0'; ;) {
    const users = (await runner.query(
      'select id, username, email from identity.users where id > $1 order by id limit $2',
      [last, BATCH_SIZE],
    )) as { id: string; username: string; email: string }[];
    if (users.length === 0) return;
    const names = users.map((user) => withCanonicalForms(user));
    await runner.query(
      `update identity.users u set canonical_username = n.username, canonical_email = n.email
         from unnest($1::bigint[], $2::text[], $3::text[]) as n (id, username, email) where u.id = n.id`,
      [
        users.map(({ id }) => id),
        names.map(({ canonicalUsername }) => canonicalUsername),
        names.map(({ canonicalEmail }) => canonicalEmail),
      ],
    );
    last = users.at(-1)!.id;
  }
}

/** `lower(…)` let some pass, e.g. ΟΔΟΣ and οδος in a database with the locale C. */
async function refuseDuplicates(runner: QueryRunner, column: 'username' | 'email'): Promise<void> {
  const found = (await runner.query(
    `select string_agg(format('%s (id %s)', ${column}, id), ', ' order by id) as users
       from identity.users group by canonical_${column} having count(*) > 1 limit ${MAX_NAMED}`,
  )) as { users: string }[];
  if (found.length === 0) return;
  const lines = found.map(({ users }) => `  ${users}`).join('\n');
  throw new Error(
    `identity.users: these users have the same ${column}, apart from upper and lower case or the way accents are written:\n` +
      `${lines}\nChange all but one of each, e.g. update identity.users set ${column} = '…' where id = …; then migrate again`,
  );
}
