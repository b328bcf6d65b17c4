import { Module } from '@nestjs/common';
import { DatabaseModule } from '@tearline/database';
import { EventsModule } from '@tearline/events';
import { ActivitySubscriber } from './activity/activity.subscriber.js';
import { GroupsService } from './activity/groups.service.js';
import { EmailWorker } from './email/email.worker.js';
import { EmailLog } from './email/email-log.js';
import { EmailQueue } from './email/email-queue.js';
import { Mailer } from './email/mailer.js';
import { FanoutWorker } from './fanout/fanout.worker.js';
import { PublicationsSubscriber } from './fanout/publications.subscriber.js';
import { InboxChanges } from './inbox/inbox-changes.js';
import { MarkingService } from './inbox/marking.service.js';
import { NotificationReads } from './notification-reads.js';
import { NotificationViews } from './notification-views.js';
import { NotificationsController } from './notifications.controller.js';
import { NotificationsHandler } from './notifications.handler.js';
import { NOTIFICATIONS_SETTINGS, notificationsSettings } from './notifications.settings.js';
import { PreferencesController } from './preferences/preferences.controller.js';
import { PreferencesService } from './preferences/preferences.service.js';
import { Prune } from './prune.js';
import { StreamController } from './stream/stream.controller.js';
import { StreamFeed } from './stream/stream-feed.js';
import { StreamHub } from './stream/stream-hub.js';
import { StreamTickets } from './stream/stream-tickets.js';

@Module({
  imports: [DatabaseModule.forModule('notifications', []), EventsModule.forModule('notifications')],
  controllers: [NotificationsController, PreferencesController, StreamController],
  providers: [
    { provide: NOTIFICATIONS_SETTINGS, useFactory: notificationsSettings },
    ActivitySubscriber,
    InboxChanges,
    EmailWorker,
    FanoutWorker,
    GroupsService,
    EmailLog,
    Mailer,
    EmailQueue,
    MarkingService,
    NotificationReads,
    NotificationsHandler,
    NotificationViews,
    PreferencesService,
    Prune,
    PublicationsSubscriber,
    StreamFeed,
    StreamHub,
    StreamTickets,
  ],
})
export class NotificationsModule {}
