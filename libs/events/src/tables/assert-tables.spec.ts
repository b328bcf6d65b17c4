import { expect, it } from 'vitest';
import { ledgerDatabase } from '../ledger-database.fixture.js';
import { assertTables } from './assert-tables.js';

const ledger = ledgerDatabase();

it('names the line to add for a module without tables for its events', async () => {
  await expect(assertTables(ledger.database, 'ledger')).resolves.toBeUndefined();
  await expect(assertTables(ledger.database, 'polls')).rejects.toThrow(
    "'polls' has no tables for its events: add createEventTables('polls') to its migrations, then run `npm run migrate`",
  );
});

it('leaves an outage to those who log it', async () => {
  const away = Object.assign(new Error('shutting down'), { code: '57P01' });
  await expect(assertTables({ query: () => Promise.reject(away) }, 'ledger')).resolves.toBeUndefined();
});
