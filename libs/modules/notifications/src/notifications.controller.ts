import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Authenticated, ViewerId } from '@tearline/auth';
import { MarkingService } from './inbox/marking.service.js';
import { ListNotifications, MarkRead, NotificationList, UnreadCount } from './notification.schemas.js';
import { NotificationReads } from './notification-reads.js';
import { NotificationViews } from './notification-views.js';

@ApiTags('Notifications')
@Controller('api/notifications')
@Authenticated()
export class NotificationsController {
  constructor(
    private readonly views: NotificationViews,
    private readonly reads: NotificationReads,
    private readonly marking: MarkingService,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'GetNotifications', summary: 'Your notifications, newest first' })
  @ApiResponse({ status: 200, standardSchema: NotificationList })
  list(
    @Query({ schema: ListNotifications }) query: ListNotifications,
    @ViewerId() viewer: number,
  ): Promise<NotificationList> {
    return this.views.list(viewer, query);
  }

  @Get('unread-count')
  @ApiOperation({ operationId: 'GetUnreadCount', summary: 'The number of your unread notifications' })
  @ApiResponse({ status: 200, standardSchema: UnreadCount })
  async unreadCount(@ViewerId() viewer: number): Promise<UnreadCount> {
    return { unreadCount: (await this.reads.inbox(viewer)).unread };
  }

  @Post('read')
  @HttpCode(200)
  @ApiOperation({ operationId: 'MarkNotificationsRead', summary: 'Mark notifications as read, by id or all' })
  @ApiResponse({ status: 200, standardSchema: UnreadCount })
  async markRead(
    @Body({ schema: MarkRead }) request: MarkRead,
    @ViewerId() viewer: number,
  ): Promise<UnreadCount> {
    return { unreadCount: await this.marking.markRead(viewer, request) };
  }
}
