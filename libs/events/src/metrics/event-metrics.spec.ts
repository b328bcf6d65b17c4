import { Registry } from 'prom-client';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query, TestPostgres } from '../../../../test/support/postgres.js';
import { Outbox } from '../outbox/outbox.js';
import { Copy, manifestOf } from '../sample-modules.fixture.js';
import { createEventTables } from '../tables/create-event-tables.js';
import { EventMetrics } from './event-metrics.js';

describe('EventMetrics', () => {
  const server = new TestPostgres();
  let source: DataSource;
  beforeAll(async () => {
    await server.start();
    const { ownerUrl } = await server.newDatabase();
    await query(ownerUrl, 'create schema readers');
    source = new DataSource({ type: 'postgres', url: ownerUrl, migrations: [createEventTables('readers')] });
    await source.initialize();
    await source.runMigrations();
    await source.query(`
      insert into readers.outbox (queue, type, version, payload, created_at, failed_at) values
        ('a', 't', 1, '{}', now() - interval '90 seconds', null),
        ('a', 't', 1, '{}', now(), null),
        ('readers.b', 't', 1, '{}', now() - interval '1 hour', now());
      insert into readers.inbox (publisher, aggregate, seq, event, state) values
        ('p', 'a/1', 1, '{}', 'dead'), ('p', 'a/1', 2, '{}', 'waiting'), ('p', 'a/1', 3, '{}', 'waiting'),
        ('p', 'a/1', 4, '{}', 'waiting')`);
  });
  afterAll(async () => {
    await source.destroy();
    await server.stop();
  });

  it('report what is in the tables of modules', async () => {
    const registry = new Registry();
    new EventMetrics(registry).watchModule('readers', source);
    const text = await registry.metrics();
    expect(text).toContain('events_outbox_rows{module="readers"} 2');
    expect(text).toContain('events_inbox_waiting{module="readers"} 3');
    expect(text).toContain('events_dead_letters{module="readers"} 2');
    expect(Number(/events_outbox_oldest_seconds\{module="readers"\} (.*)/.exec(text)?.[1])).toBeCloseTo(
      90,
      -1,
    );
  });

  it('leave out a module whose database does not answer', async () => {
    const registry = new Registry();
    const metrics = new EventMetrics(registry);
    metrics.watchModule('readers', source);
    metrics.watchModule('gone', { query: () => Promise.reject(new Error('away')) });
    metrics.watchModule('hung', { query: () => Promise.withResolvers<never>().promise });
    const text = await registry.metrics();
    expect(text).toContain('events_outbox_rows{module="readers"} 2');
    expect(text).not.toMatch(/module="(gone|hung)"/);
  });

  it('do not count a delayed job as old before it is due', async () => {
    const outbox = new Outbox(manifestOf('readers', { jobs: ['ledger.copy'] }), [], () => undefined);
    await outbox.enqueue(source.manager, Copy, { name: 'a' }, { delayMs: 2 * 3_600_000 });
    await source.query(
      `update readers.outbox set created_at = created_at - interval '1 hour', next_at = next_at - interval '1 hour'
       where queue = 'ledger.copy'`,
    );
    const registry = new Registry();
    new EventMetrics(registry).watchModule('readers', source);
    const oldest = /events_outbox_oldest_seconds\{module="readers"\} (.*)/.exec(
      await registry.metrics(),
    )?.[1];
    expect(Number(oldest)).toBeLessThan(120);
  });

  it('count attempts, and do nothing without a registry', async () => {
    const registry = new Registry();
    const metrics = new EventMetrics(registry);
    metrics.handled('readers', 'articles/published', 'handled', 30);
    metrics.retried('readers', 'articles/published', 'failed');
    const labels = 'subscriber="readers",event="articles/published"';
    const text = await registry.metrics();
    expect(text).toContain(`events_handled_total{${labels},outcome="handled"} 1`);
    expect(text).toContain(`events_handle_duration_seconds_sum{${labels},outcome="handled"} 0.03`);
    expect(text).toContain(`events_retries_total{${labels},reason="failed"} 1`);
    expect(() => new EventMetrics().handled('a', 'b', 'c', 1)).not.toThrow();
  });
});
