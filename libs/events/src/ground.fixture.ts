import pg from 'pg';
import { afterEach, beforeEach, vi } from 'vitest';
import type { BrokerOptions } from './broker/broker.js';
import { query } from './broker/queues-database.fixture.js';
import type { DeadLetter } from './dead-letters/dead-letter.js';
import { deadLetters } from './dead-letters/dead-letters.js';
import { prepareToy, startToy, type Toy, type ToyOptions } from './toy.fixture.js';

/** Where a test's modules and queues are. */
export interface Ground {
  readonly ownerUrl: string;
  readonly broker: BrokerOptions;
  /** Has the broker forget everything. */
  forget(): Promise<void>;
}

export const eventually = <T>(check: () => Promise<T> | T, timeout = 15_000) =>
  vi.waitFor(check, { timeout, interval: 15 });

/** Gives each test a database of its own, and toys that end with it. */
export function useGround(newGround: () => Promise<Ground>) {
  const current = {} as { ground: Ground; urls: Record<string, string> };
  const toys: Toy[] = [];
  beforeEach(async () => {
    current.ground = await newGround();
    current.urls = await prepareToy(current.ground.ownerUrl);
  });
  afterEach(async () => {
    await Promise.all(toys.splice(0).map((toy) => toy.close()));
  });
  const sql = <Row>(text: string, values: unknown[] = []) =>
    query<Row>(current.ground.ownerUrl, text, values);

  return {
    current,
    sql,
    start: async (options: Partial<ToyOptions> = {}): Promise<Toy> => {
      const toy = await startToy({ urls: current.urls, broker: current.ground.broker, ...options });
      toys.push(toy);
      return toy;
    },
    stop: async (toy: Toy): Promise<void> => {
      toys.splice(toys.indexOf(toy), 1);
      await toy.close();
    },
    /** What the ledger has written down of an aggregate. */
    items: async (aggregate: string): Promise<string[]> => {
      const rows = await sql<{ item: string }>(
        'select item from ledger.entries where aggregate = $1 order by id',
        [aggregate],
      );
      return rows.map(({ item }) => item);
    },
    /** @param table with a condition, if need be */
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
