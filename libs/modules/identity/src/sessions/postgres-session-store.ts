import { type Reader, statement } from '@tearline/database';
import { runOutsideCall } from '@tearline/seam';
import type { DataSource } from 'typeorm';
import type { SessionLifetimes, SessionStore, StoredSession } from './session-store.js';

type Row = Omit<StoredSession, 'createdAt' | 'lastUsedAt'> & { createdAt: Date; lastUsedAt: Date };

const COLUMNS = `id, user_id as "userId", generation, user_agent as "userAgent", created_at as "createdAt",
  last_used_at as "lastUsedAt"`;

// Always on the primary: a session that a replica still shows may have ended.
const FIND = statement<Row>('identity.session', `select ${COLUMNS} from sessions where id = $1`, 'strong');
const LIST = statement<Row>(
  'identity.sessions',
  `select ${COLUMNS} from sessions where user_id = $1`,
  'strong',
);

const PRUNE_BATCH = 5_000;

/** Stores sessions in the module's schema. */
export class PostgresSessionStore implements SessionStore {
  constructor(
    private readonly database: DataSource,
    private readonly reader: Reader,
    private readonly lifetimes: SessionLifetimes,
  ) {}

  async add({ id, userId, generation, userAgent, createdAt, lastUsedAt }: StoredSession): Promise<void> {
    await this.database.query(
      `insert into sessions (id, user_id, generation, user_agent, created_at, last_used_at)
       values ($1, $2, $3, $4, $5, $6)`,
      [id, userId, generation, userAgent, new Date(createdAt), new Date(lastUsedAt)],
    );
  }

  async find(id: string): Promise<StoredSession | undefined> {
    const row = await this.reader.row(FIND, [id]);
    return row && stored(row);
  }

  async touch({ id }: StoredSession, lastUsedAt: number): Promise<void> {
    // Not a write of the user's: reads of theirs need not wait for replicas to show it.
    await runOutsideCall(() =>
      this.database.query('update sessions set last_used_at = $2 where id = $1', [id, new Date(lastUsedAt)]),
    );
  }

  async list(userId: number): Promise<StoredSession[]> {
    return (await this.reader.rows(LIST, [userId])).map(stored);
  }

  async remove(userId: number, ids: readonly string[]): Promise<void> {
    await this.database.query('delete from sessions where user_id = $1 and id = any($2)', [userId, ids]);
  }

  async prune(now: number): Promise<void> {
    const { absolute, idle } = this.lifetimes;
    for (let deleted = PRUNE_BATCH; deleted === PRUNE_BATCH;)
      [, deleted] = await this.database.query<[unknown, number]>(
        `delete from sessions where ctid = any(array(
           select ctid from sessions where created_at < $1 or last_used_at < $2 limit ${PRUNE_BATCH}))`,
        [new Date(now - absolute), new Date(now - idle)],
      );
  }
}

const stored = ({ createdAt, lastUsedAt, ...row }: Row): StoredSession => ({
  ...row,
  createdAt: createdAt.getTime(),
  lastUsedAt: lastUsedAt.getTime(),
});
