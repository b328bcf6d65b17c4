import { Controller, Get, Header, MethodNotAllowedException, Post, Query, Req } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Authenticated, OptionallyAuthenticated, ViewerId } from '@tearline/auth';
import { ApiErrors, Deadline } from '@tearline/host';
import { currentCall, SeamError } from '@tearline/seam';
import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';
import { StreamHub } from './stream-hub.js';
import { StreamTickets } from './stream-tickets.js';
import { LastEventId, OpenStream, TicketBody } from './stream.schemas.js';

@ApiTags('Notifications')
@Controller('api/notifications')
export class StreamController {
  constructor(
    private readonly tickets: StreamTickets,
    private readonly hub: StreamHub,
  ) {}

  @Post('stream-ticket')
  @Authenticated()
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'CreateStreamTicket',
    summary: 'A ticket that opens one stream, once and soon',
  })
  @ApiResponse({ status: 201, standardSchema: TicketBody })
  @ApiErrors('stream-ticket/too-many')
  async createTicket(@ViewerId() viewer: number): Promise<TicketBody> {
    const { ticket, expiresAt } = await this.tickets.issue(viewer);
    return { ticket, expiresAt: expiresAt.toISOString() };
  }

  @Get('stream')
  @Deadline('none')
  @OptionallyAuthenticated()
  @Header('content-type', 'text/event-stream; charset=utf-8')
  @Header('cache-control', 'no-store')
  @Header('x-accel-buffering', 'no')
  // The connection is not reused, so that a shutdown does not wait for it.
  @Header('connection', 'close')
  @ApiOperation({
    operationId: 'StreamNotifications',
    summary: 'Your notifications as they arrive: server-sent events `notification`, `withdrawn` and `unread`',
  })
  @ApiHeader({ name: 'Last-Event-ID', required: false })
  @ApiProduces('text/event-stream')
  @ApiResponse({ status: 200 })
  @ApiErrors('token/is-missing', 'ticket/is-invalid', 'stream/too-many')
  @ApiResponse({ status: 405, description: 'request: method not allowed, for HEAD' })
  async stream(
    @Query({ schema: OpenStream }) { ticket, lastEventId }: OpenStream,
    @ViewerId() viewer: number | undefined,
    @Req() request: FastifyRequest,
  ): Promise<Readable> {
    // The response to HEAD would never end.
    if (request.method === 'HEAD') throw new MethodNotAllowedException();
    const header = LastEventId.safeParse(request.headers['last-event-id']);
    const since = (header.success ? header.data : undefined) ?? lastEventId;
    const stream = this.hub.open(viewer ?? (await this.userOf(ticket)), since);
    const call = currentCall()!;
    if (call.cancelled) stream.destroy();
    else call.onCancel(() => stream.destroy());
    return stream;
  }

  private async userOf(ticket: string | undefined): Promise<number> {
    if (ticket === undefined) throw new SeamError('token/is-missing');
    const userId = await this.tickets.redeem(ticket);
    currentCall()!.principal = { id: String(userId) };
    return userId;
  }
}
