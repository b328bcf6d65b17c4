import { Body, Controller, Get, Put, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Authenticated, Token, ViewerId } from '@tearline/auth';
import { ApiErrors } from '@tearline/host';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AccountService } from './account.service.js';
import { SessionLogin } from './sessions/session-login.service.js';
import { TokenSigner } from './token-signer.js';
import { UpdateUser, UserBody, userBody } from './user.schemas.js';

@ApiTags('User and Authentication')
@Controller('api/user')
@Authenticated()
export class UserController {
  constructor(
    private readonly account: AccountService,
    private readonly tokens: TokenSigner,
    private readonly login: SessionLogin,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'GetCurrentUser', summary: 'Your account' })
  @ApiResponse({ status: 200, standardSchema: UserBody })
  async read(@ViewerId() viewer: number, @Token() token: string): Promise<UserBody> {
    return userBody(await this.account.read(viewer), token);
  }

  @Put()
  @ApiOperation({ operationId: 'UpdateCurrentUser', summary: 'Change your account' })
  @ApiResponse({ status: 200, standardSchema: UserBody })
  @ApiErrors('username/taken', 'email/taken')
  async update(
    @Body({ schema: UpdateUser }) { user }: UpdateUser,
    @ViewerId() viewer: number,
    @Token() token: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserBody> {
    const { generation, ...account } = await this.account.update(viewer, user);
    if (generation === undefined) return userBody(account, token);
    // The caller's own token or session was revoked with all others.
    if (token !== '') return userBody(account, await this.tokens.sign(viewer, generation));
    await this.login.begin(viewer, generation, request, reply);
    return userBody(account, '');
  }
}
