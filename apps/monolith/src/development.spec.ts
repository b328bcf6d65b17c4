import { expect, it } from 'vitest';
import { connectionsOfServer } from './development.js';

it('the private PostgreSQL accepts as many connections as the settings ask for, and some more', () => {
  expect(connectionsOfServer({})).toBe(100);
  expect(connectionsOfServer({ DATABASE_CONNECTIONS: '200' })).toBeGreaterThan(210);
  expect(() => connectionsOfServer({ DATABASE_CONNECTIONS: 'many' })).toThrow('DATABASE_CONNECTIONS');
});
