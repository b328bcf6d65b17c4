import { Module } from '@nestjs/common';
import { DatabaseModule } from '@tearline/database';
import { EventsModule } from '@tearline/events';
import { Activity } from './activity/activity.js';
import { GroupsService } from './activity/groups.service.js';
import { Emails } from './email/emails.js';
import { MailBook } from './email/mail-book.js';
import { MailQueue } from './email/mail-queue.js';
import { Mailer } from './email/mailer.js';
import { Fanouts } from './fanout/fanouts.js';
import { Publications } from './fanout/publications.js';
import { Changes } from './inbox/changes.js';
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
    Activity,
    Changes,
    Emails,
    Fanouts,
    GroupsService,
    MailBook,
    Mailer,
    MailQueue,
    MarkingService,
    NotificationReads,
    NotificationsHandler,
    NotificationViews,
    PreferencesService,
    Prune,
    Publications,
    StreamFeed,
    StreamHub,
    StreamTickets,
  ],
})
export class NotificationsModule {}
