import type { EmbeddedPostgres } from '@tearline/embedded';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPostgres } from '../../../test/support/postgres.js';
import { CancellablePool } from './cancellable-pool.js';
import { checkBudget, connectionsPerModule } from './connection-budget.js';

describe('the share of a module', () => {
  it('is the even share, rounded down', () => {
    expect(connectionsPerModule(20, 4)).toBe(5);
    expect(connectionsPerModule(11, 3)).toBe(3);
  });

  it('is at least two; with less the error names the required number', () => {
    expect(() => connectionsPerModule(7, 4)).toThrow(
      'DATABASE_CONNECTIONS: expected at least 8 for 4 modules, got 7',
    );
  });
});

describe('the budget of a host', () => {
  let database: EmbeddedPostgres;
  const pools: CancellablePool[] = [];
  const pool = (max: number) => {
    pools.push(new CancellablePool({ connectionString: database.url, max }));
    return pools.at(-1)!;
  };

  beforeAll(async () => {
    database = await startPostgres({ maxConnections: 20 });
  });

  afterAll(async () => {
    await Promise.all(pools.map((one) => one.end()));
    await database.stop();
  });

  it('is accepted up to the number of connections for ordinary roles', async () => {
    await expect(checkBudget([pool(10), pool(7)])).resolves.toBeUndefined();
  });

  it('is refused when the modules together exceed that number', async () => {
    await expect(checkBudget([pool(10), pool(8)])).rejects.toThrow(
      'DATABASE_CONNECTIONS: this host may open 18 connections, but its PostgreSQL server allows 17',
    );
  });

  it('leaves out other servers that cannot be reached, as the queues need none at the start', async () => {
    const away = new CancellablePool({ connectionString: 'postgres://q:p@127.0.0.1:1/x', max: 5 });
    pools.push(away);
    await expect(checkBudget([pool(10)], [away])).resolves.toBeUndefined();
    await expect(checkBudget([away])).rejects.toThrow('ECONNREFUSED');
    await expect(checkBudget([pool(10)], [away, pool(8)])).rejects.toThrow('18 connections');
  });
});
