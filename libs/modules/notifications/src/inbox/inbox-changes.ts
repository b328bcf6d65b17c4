import { Injectable } from '@nestjs/common';
import { afterCommit, Broadcaster } from '@tearline/events';
import type { EntityManager } from 'typeorm';

/** A broadcast of changed inboxes: the users' ids, or `many` when there are too many for a message. */
export type ChangedUsers = readonly number[] | 'many';

export const TOPIC = 'notifications';
const MAX_NAMED_USERS = 50;

/** Broadcasts whose notifications have changed, so that open streams do not wait for their next poll. */
@Injectable()
export class InboxChanges {
  constructor(private readonly broadcaster: Broadcaster) {}

  /** Broadcasts the users when the manager's transaction has committed. */
  add(manager: EntityManager, userIds: readonly number[]): void {
    const changed: ChangedUsers = userIds.length > MAX_NAMED_USERS ? 'many' : userIds;
    afterCommit(manager, () => this.broadcaster.publish(TOPIC, changed));
  }
}
