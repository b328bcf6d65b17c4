import { migrate, type MigrationTarget } from '@tearline/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TestServer } from '../../../../../test/support/database.js';
import { query } from '../../../../../test/support/postgres.js';
import { CanonicalNames1770000000000 } from './1770000000000-canonical-names.js';

const server = new TestServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

describe('the migration to canonical names', () => {
  let url: string;
  let target: MigrationTarget;

  beforeEach(async () => {
    const { ownerUrl, targets } = await server.newDatabase("template template0 locale 'C'");
    url = ownerUrl;
    target = targets.find(({ data }) => data.schema === 'identity')!;
    const { data } = target;
    const earlier = async () =>
      (await data.migrations()).filter((each) => each !== CanonicalNames1770000000000);
    await migrate(url, [{ ...target, data: { ...data, migrations: earlier } }]);
  });

  const add = (...names: string[]) =>
    query(
      url,
      `insert into identity.users (username, email, password_hash)
         select name, name || '@Example.com', 'none' from unnest($1::text[]) with ordinality as u (name, place)
          order by place`,
      [names],
    );

  it('fills the canonical forms of the users', async () => {
    await add('ΟΔΟΣ', 'José');
    await migrate(url, [target]);
    expect(
      await query(url, 'select canonical_username, canonical_email from identity.users order by id'),
    ).toEqual([
      { canonical_username: 'οδοσ', canonical_email: 'οδοσ@example.com' },
      { canonical_username: 'josé', canonical_email: 'josé@example.com' },
    ]);
  });

  it('names users whose names are the same, and succeeds once they differ', async () => {
    await add('ΟΔΟΣ', 'jake', 'οδος');
    await expect(migrate(url, [target])).rejects.toThrow(
      /these users have the same username, .*\n {2}ΟΔΟΣ \(id 1\), οδος \(id 3\)\nChange all but one of each/,
    );
    await query(url, "update identity.users set username = 'ΟΔΟΣ 2' where id = 1");
    await expect(migrate(url, [target])).rejects.toThrow('these users have the same email');
    await query(url, "update identity.users set email = 'other@example.com' where id = 1");
    expect(await migrate(url, [target])).toBe(1);
  });
});
