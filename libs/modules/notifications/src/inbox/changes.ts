import { Injectable } from '@nestjs/common';
import { afterCommit, Broadcaster } from '@tearline/events';
import type { EntityManager } from 'typeorm';

/** A broadcast of changed inboxes: the users' ids, or `many` when there are too many for a message. */
export type ChangedUsers = readonly number[] | 'many';

export const TOPIC = 'notifications';
const MAX_USERS = 50;

/** Broadcasts whose notifications have changed, so that open streams do not wait for their next poll. */
@Injectable()
export class Changes {
  constructor(private readonly broadcaster: Broadcaster) {}

  /** Broadcasts the users when the manager's transaction has committed. */
  note(manager: EntityManager, users: readonly number[]): void {
    const changed: ChangedUsers = users.length > MAX_USERS ? 'many' : users;
    afterCommit(manager, () => this.broadcaster.publish(TOPIC, changed));
  }
}
