import type { DataSource } from 'typeorm';

/**
 * Days after its last event (`ends: true`) that an aggregate is deleted. The publisher keeps it longer: a sequence number
 * that it gave twice would be taken for a duplicate.
 */
const SUBSCRIBER_RETENTION_DAYS = 30;
const PUBLISHER_RETENTION_DAYS = 60;

/** Deletes the cursors and sequences of aggregates that have ended. */
export async function pruneEnded(database: DataSource, module: string): Promise<void> {
  const schema = `"${module}"`;
  await database.query(
    `delete from ${schema}.inbox_cursors c
     where c.ended_at < now() - interval '${SUBSCRIBER_RETENTION_DAYS} days'
     and not exists (select from ${schema}.inbox i where i.publisher = c.publisher and i.aggregate = c.aggregate)`,
  );
  await database.query(
    `delete from ${schema}.event_sequences s
     where s.ended_at < now() - interval '${PUBLISHER_RETENTION_DAYS} days'
     and not exists (select from ${schema}.outbox o where o.queue = s.subscriber and o.aggregate = s.aggregate)`,
  );
}
