import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';

/** Attempts with an unknown outcome after which a message is not sent again. */
const MAX_UNCERTAIN_ATTEMPTS = 2;

const BEGIN = `
  with before as (
    select state from emails where user_id = $1 and notification_id = $2
  )
  insert into emails as e (user_id, notification_id, state)
  select $1, $2, 'attempted'
   where exists (select from before)
      or (select count(*) from emails
           where user_id = $1 and attempted_at > now() - interval '1 hour') < $3
  on conflict (user_id, notification_id) do update
    set state = 'attempted', attempts = e.attempts + 1, attempted_at = now(),
        doubts = e.doubts + (e.state = 'attempted')::int
    where e.state in ('attempted', 'failed') and e.doubts < ${MAX_UNCERTAIN_ATTEMPTS}
  returning coalesce((select state = 'attempted' from before), false) as "mayBeDuplicate"`;

/**
 * Records each attempt to send an e-mail before it is made, and its outcome, so that an e-mail is sent twice only when the server's
 * reply was lost, and the duplicate is counted.
 */
@Injectable()
export class EmailLog {
  constructor(@InjectDataSource('notifications') private readonly database: DataSource) {}

  /**
   * Begins an attempt.
   * @param maxPerHour e-mails to the user per hour
   * @returns whether an earlier attempt may have arrived; undefined when the e-mail must not be sent
   */
  async begin(
    userId: number,
    notificationId: number,
    maxPerHour: number,
  ): Promise<{ mayBeDuplicate: boolean } | undefined> {
    const [begun] = await this.database.query<{ mayBeDuplicate: boolean }[]>(BEGIN, [
      userId,
      notificationId,
      maxPerHour,
    ]);
    return begun;
  }

  async end(
    userId: number,
    notificationId: number,
    state: 'sent' | 'failed' | 'refused',
    manager: EntityManager = this.database.manager,
  ): Promise<void> {
    await manager.query('update emails set state = $3 where user_id = $1 and notification_id = $2', [
      userId,
      notificationId,
      state,
    ]);
  }
}
