import { readSettings } from '@tearline/settings';
import { describe, expect, it } from 'vitest';
import { brokerOptions, eventsSettings } from './index.js';

const read = (env: Record<string, string>) => readSettings(eventsSettings, env);
const queues = 'postgres://tearline_queues:p@db/x';

describe('the settings of events', () => {
  it('have defaults, except for where the queues are', () => {
    expect(read({})).toEqual({ EVENTS_CONCURRENCY: 2 });
    expect(() => brokerOptions(read({}))).toThrow(/ REDIS_URL, QUEUES_DATABASE_URL: expected one of them/);
  });

  it('prefer Redis to PostgreSQL', () => {
    const both = { REDIS_URL: 'rediss://:secret@cache:6380/1', QUEUES_DATABASE_URL: queues };
    expect(brokerOptions(read(both))).toEqual({ redisUrl: both.REDIS_URL });
    expect(brokerOptions(read({ ...both, REDIS_URL: '' }))).toEqual({ databaseUrl: queues });
    const several = queues.replace('@', '@db-1:6432,');
    expect(read({ QUEUES_DATABASE_URL: several })).toMatchObject({ QUEUES_DATABASE_URL: several });
  });

  it.each([
    ['REDIS_URL', 'localhost:6379', 'expected a URL such as redis://'],
    ['QUEUES_DATABASE_URL', 'redis://localhost', 'expected a URL such as postgres://'],
    ['EVENTS_CONCURRENCY', '0', 'expected a number from 1 to 99'],
    ['OPERATOR_PASSWORD', 'short', 'expected at least 12 characters'],
  ])('refuse %s=%s', (name, value, message) => {
    expect(() => read({ [name]: value })).toThrow(`${name}: ${message}`);
  });
});
