import { databaseUrls, migrate, type MigrationTarget } from '@tearline/database';
import { moduleData, moduleNames } from '@tearline/modules';
import pg from 'pg';
import { TestPostgres } from './postgres.js';
import { migrateQueues } from './queues.js';

/** A database in a private PostgreSQL, which its owner may migrate. */
export interface TestDatabase {
  readonly ownerUrl: string;
  /** Each module's URL, with its own role. */
  readonly urls: Readonly<Record<string, string>>;
  /** The queues' URL, with their own role. */
  readonly queuesUrl: string;
  /** Every module. */
  readonly targets: readonly MigrationTarget[];
  /** Brings all modules up to date; returns the migrations that ran, as `<module>: <migration>`. */
  migrate(): Promise<string[]>;
  /** Brings the queues up to date. */
  migrateQueues(): Promise<number>;
}

/** A private PostgreSQL with as many databases as a test wants. */
export class TestServer extends TestPostgres {
  /** A new database, with nothing in it. */
  override async newDatabase(options = ''): Promise<TestDatabase> {
    const { ownerUrl, queuesUrl } = await super.newDatabase(options);
    const urls = databaseUrls(moduleNames, {}, ownerUrl);
    const targets = moduleData.map((data) => ({ data, url: urls[data.schema]! }));
    return {
      ownerUrl,
      urls,
      queuesUrl,
      targets,
      migrate: async () => {
        const ran: string[] = [];
        await migrate(ownerUrl, targets, (line) => ran.push(line));
        return ran;
      },
      migrateQueues: () => migrateQueues(ownerUrl, queuesUrl),
    };
  }
}

/**
 * Runs each statement in a transaction of its own, which is rolled back.
 * @returns how each ended: the code of PostgreSQL's error, or `ok`
 */
export async function outcomesOf(
  url: string,
  statements: readonly string[],
): Promise<Record<string, string>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const outcomes: Record<string, string> = {};
  try {
    for (const sql of statements) {
      await client.query('begin');
      outcomes[sql] = await client.query(sql).then(
        () => 'ok',
        (error: pg.DatabaseError) => error.code!,
      );
      await client.query('rollback');
    }
  } finally {
    await client.end();
  }
  return outcomes;
}

/** What `outcomesOf` gives when every statement ends in the same way. */
export const allEnd = (statements: readonly string[], outcome: string) =>
  Object.fromEntries(statements.map((sql) => [sql, outcome]));
