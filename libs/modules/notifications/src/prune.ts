import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Every, Subscriber } from '@tearline/events';
import type { DataSource } from 'typeorm';

const BATCH_SIZE = 5_000;

/** Tables and the conditions of the rows to delete. Withdrawn rows are kept for streams that reconnect later. */
const EXPIRED = [
  ['notifications', "read_at < now() - interval '90 days'"],
  ['notifications', "withdrawn_at < now() - interval '7 days'"],
  ['emails', "attempted_at < now() - interval '90 days'"],
  ['gone_articles', "gone_at < now() - interval '90 days'"],
  ['tickets', 'expires_at < now()'],
] as const;

/** Deletes old rows. */
@Subscriber('notifications')
@Injectable()
export class Prune {
  constructor(@InjectDataSource('notifications') private readonly database: DataSource) {}

  @Every(3_600_000, 'notifications.prune')
  async prune(): Promise<void> {
    for (const [table, condition] of EXPIRED) while (await this.batch(table, condition));
  }

  private async batch(table: string, condition: string): Promise<boolean> {
    const [, deleted] = await this.database.query<[unknown, number]>(
      `delete from ${table} where ctid = any(array(select ctid from ${table} where ${condition} limit ${BATCH_SIZE}))`,
    );
    return deleted === BATCH_SIZE;
  }
}
