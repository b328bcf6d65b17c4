import { Injectable } from '@nestjs/common';
import { Implements, type InputOf } from '@tearline/seam';
import { type Notifications, NotificationsContract } from './contract.js';
import { NotificationReads } from './notification-reads.js';

/** Implements the contract for other modules. */
@Implements(NotificationsContract)
@Injectable()
export class NotificationsHandler implements Notifications {
  constructor(private readonly reads: NotificationReads) {}

  async unreadCount({ userId }: InputOf<typeof NotificationsContract, 'unreadCount'>) {
    return (await this.reads.inbox(userId)).unread;
  }
}
