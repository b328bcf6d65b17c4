import { Body, Controller, Delete, Get, Header, HttpCode, Ip, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Authenticated, SameOrigin, ViewerId } from '@tearline/auth';
import { ApiErrors } from '@tearline/host';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CredentialsService } from '../credentials.service.js';
import { LoginService } from '../login.service.js';
import { LogIn } from '../user.schemas.js';
import { SessionBody, SessionsBody } from './session.schemas.js';
import { SessionLogin } from './session-login.service.js';
import { UserSessions } from './user-sessions.service.js';

@ApiTags('Sessions')
@Controller('api/sessions')
export class SessionsController {
  constructor(
    private readonly login: LoginService,
    private readonly sessions: UserSessions,
    private readonly sessionLogin: SessionLogin,
    private readonly credentials: CredentialsService,
  ) {}

  @Post()
  @SameOrigin()
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'CreateSession', summary: 'Log in with a cookie' })
  @ApiResponse({ status: 201, standardSchema: SessionBody })
  @ApiErrors('credentials/invalid', 'credentials/too-many')
  async logIn(
    @Body({ schema: LogIn }) { user }: LogIn,
    @Ip() address: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SessionBody> {
    const { id, generation } = await this.login.authenticate(user, address);
    await this.sessionLogin.endPrevious(request);
    return this.sessionLogin.begin(id, generation, request, reply);
  }

  @Get()
  @Authenticated()
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'GetSessions', summary: 'Your sessions, the latest first' })
  @ApiResponse({ status: 200, standardSchema: SessionsBody })
  async list(@ViewerId() viewer: number, @Req() request: FastifyRequest): Promise<SessionsBody> {
    const current = this.sessionLogin.idOf(request);
    const sessions = await this.sessions.list(viewer);
    return {
      sessions: sessions.map((session) => this.sessionLogin.viewOf(session, session.id === current)),
    };
  }

  @Delete()
  @HttpCode(204)
  @Authenticated()
  @ApiOperation({
    operationId: 'DeleteSessions',
    summary: 'Log out everywhere: ends all your sessions and revokes all your tokens',
  })
  @ApiResponse({ status: 204 })
  async endAll(
    @ViewerId() viewer: number,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.credentials.revokeAll(viewer);
    if (this.sessionLogin.idOf(request) !== undefined) this.sessionLogin.forget(request, reply);
  }

  @Get('current')
  @Authenticated()
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'GetCurrentSession', summary: 'The session of this request' })
  @ApiResponse({ status: 200, standardSchema: SessionBody })
  @ApiErrors('session/not-found')
  current(@ViewerId() viewer: number, @Req() request: FastifyRequest): Promise<SessionBody> {
    return this.sessionLogin.current(viewer, request);
  }

  @Delete('current')
  @HttpCode(204)
  @Authenticated()
  @ApiOperation({ operationId: 'DeleteCurrentSession', summary: 'Log out' })
  @ApiResponse({ status: 204 })
  @ApiErrors('session/not-found')
  async logOut(
    @ViewerId() viewer: number,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.end(viewer, this.sessionLogin.idOf(request) ?? '', request, reply);
  }

  @Delete(':id')
  @HttpCode(204)
  @Authenticated()
  @ApiOperation({ operationId: 'DeleteSession', summary: 'End one of your sessions' })
  @ApiResponse({ status: 204 })
  @ApiErrors('session/not-found')
  async endOne(
    @Param('id') id: string,
    @ViewerId() viewer: number,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.end(viewer, id, request, reply);
  }

  private async end(viewer: number, id: string, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const session = await this.sessions.findOwn(viewer, id);
    await this.sessions.end(viewer, [session.id]);
    if (session.id === this.sessionLogin.idOf(request)) this.sessionLogin.forget(request, reply);
  }
}
