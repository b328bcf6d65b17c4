import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';

/** How often a message is sent although an earlier attempt may have arrived. */
const MOST_DOUBTS = 2;

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
    where e.state in ('attempted', 'failed') and e.doubts < ${MOST_DOUBTS}
  returning coalesce((select state = 'attempted' from before), false) as "isInDoubt"`;

/**
 * Writes down each attempt to send an e-mail before it is made, and what became of it, so that nothing is sent twice
 * unless the server's answer was lost, and then not unnoticed.
 */
@Injectable()
export class MailBook {
  constructor(@InjectDataSource('notifications') private readonly database: DataSource) {}

  /**
   * Begins an attempt.
   * @param mostPerHour e-mails that the user gets within an hour
   * @returns whether an earlier one may have arrived; `undefined` when there must be no attempt (any more)
   */
  async begin(
    userId: number,
    notificationId: number,
    mostPerHour: number,
  ): Promise<{ isInDoubt: boolean } | undefined> {
    const [begun] = await this.database.query<{ isInDoubt: boolean }[]>(BEGIN, [
      userId,
      notificationId,
      mostPerHour,
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
