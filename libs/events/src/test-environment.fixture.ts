import pg from 'pg';
import { afterEach, beforeEach, vi } from 'vitest';
import type { BrokerOptions } from './broker/broker.js';
import { query } from '../../../test/support/postgres.js';
import { ModuleKeys } from './origin/module-keys.js';
import { Origin } from './origin/origin.js';
import type { DeadLetter } from './dead-letters/dead-letters.js';
import { deadLetters } from './dead-letters/dead-letters.js';
import {
  createSampleSchemas,
  startSampleApp,
  type SampleApp,
  type SampleAppOptions,
} from './sample-modules.fixture.js';

/** The servers of a test. */
export interface TestEnvironment {
  readonly ownerUrl: string;
  readonly broker: BrokerOptions;
  /** Deletes everything in the broker. */
  forget(): Promise<void>;
}

export const eventually = <T>(check: () => Promise<T> | T, timeout = 15_000) =>
  vi.waitFor(check, { timeout, interval: 15 });

/** Creates a database for each test, and closes its apps at the end. */
export function useTestEnvironment(newEnvironment: () => Promise<TestEnvironment>) {
  const current = {} as {
    environment: TestEnvironment;
    urls: Record<string, string>;
    migrate: (options: Parameters<typeof createSampleSchemas>[1]) => Promise<unknown>;
  };
  const apps: SampleApp[] = [];
  beforeEach(async () => {
    current.environment = await newEnvironment();
    const { ownerUrl } = current.environment;
    current.urls = await createSampleSchemas(ownerUrl);
    current.migrate = (options) => createSampleSchemas(ownerUrl, options);
  });
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
  });
  const sql = <Row>(text: string, values: unknown[] = []) =>
    query<Row>(current.environment.ownerUrl, text, values);

  return {
    current,
    sql,
    start: async (options: Partial<SampleAppOptions> = {}): Promise<SampleApp> => {
      const app = await startSampleApp({
        urls: current.urls,
        broker: current.environment.broker,
        ...options,
      });
      apps.push(app);
      return app;
    },
    stop: async (app: SampleApp): Promise<void> => {
      apps.splice(apps.indexOf(app), 1);
      await app.close();
    },
    /** Returns the ledger's entries of an aggregate. */
    items: async (aggregate: string): Promise<string[]> => {
      const rows = await sql<{ item: string }>(
        'select item from ledger.entries where aggregate = $1 order by id',
        [aggregate],
      );
      return rows.map(({ item }) => item);
    },
    /** Signs as a module of the deployment. */
    signerOf: (module: string) =>
      new Origin(
        new ModuleKeys(module, { query: ((text: string) => query(current.urls[module]!, text)) as never }),
        { refused: () => undefined },
      ).signer(),
    /** @param table a table, or a table and a condition */
    count: async (table: string): Promise<number> =>
      (await sql<{ count: number }>(`select count(*)::int from ${table}`))[0]!.count,
    /** Retries or drops the ledger's dead letters. @returns what they were */
    letters: async (work: 'retry' | 'drop'): Promise<DeadLetter[]> => {
      const client = new pg.Client({ connectionString: current.urls['ledger']! });
      await client.connect();
      try {
        const dead = await deadLetters(client, 'ledger').list();
        await deadLetters(client, 'ledger')[work]();
        return dead;
      } finally {
        await client.end();
      }
    },
  };
}
