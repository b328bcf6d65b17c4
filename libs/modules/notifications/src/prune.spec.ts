import { afterAll, beforeAll, expect, it } from 'vitest';
import { NotificationsDatabase } from './fixtures/notifications-database.fixture.js';
import { Prune } from './prune.js';

const inbox = new NotificationsDatabase();
beforeAll(() => inbox.start());
afterAll(() => inbox.stop());

it('deletes old rows and keeps unread notifications', async () => {
  await inbox.query(`
    insert into notifications (user_id, id, place, seq, kind, article_id, actors, actor_count, created_at, read_at, withdrawn_at)
    select 1, id, id, id, 'publish', id, '{2}', 1, now() - interval '1 year',
           now() - make_interval(days => read), now() - make_interval(days => withdrawn)
      from (values (1, 91, null), (2, 89, null), (3, null, 8), (4, null, 6), (5, null, null)) as n (id, read, withdrawn)`);
  await inbox.query(`insert into activities values (1, 1, 2, 0, now()), (1, 5, 2, 0, now())`);
  await inbox.query(
    `insert into tickets values ('\\x01', 1, now() - interval '1 s'), ('\\x02', 1, now() + interval '1 s')`,
  );
  await new Prune(inbox.dataSource).prune();
  expect(await inbox.query('select id from notifications order by id')).toEqual([
    { id: 2 },
    { id: 4 },
    { id: 5 },
  ]);
  expect(await inbox.query('select notification_id as id from activities')).toEqual([{ id: 5 }]);
  expect(await inbox.query('select count(*)::int as n from tickets')).toEqual([{ n: 1 }]);
});
