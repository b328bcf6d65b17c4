import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Authenticated, Token, ViewerId } from '@tearline/auth';
import { AccountService } from './account.service.js';
import { UpdateUser, UserBody, userBody } from './user.schemas.js';

@ApiTags('User and Authentication')
@Controller('api/user')
@Authenticated()
export class UserController {
  constructor(private readonly account: AccountService) {}

  @Get()
  @ApiOperation({ operationId: 'GetCurrentUser', summary: 'Your account' })
  @ApiResponse({ status: 200, standardSchema: UserBody })
  async read(@ViewerId() viewer: number, @Token() token: string): Promise<UserBody> {
    return userBody(await this.account.read(viewer), token);
  }

  @Put()
  @ApiOperation({ operationId: 'UpdateCurrentUser', summary: 'Change your account' })
  @ApiResponse({ status: 200, standardSchema: UserBody })
  @ApiResponse({ status: 409, description: 'username or email: has already been taken' })
  async update(
    @Body({ schema: UpdateUser }) { user }: UpdateUser,
    @ViewerId() viewer: number,
    @Token() token: string,
  ): Promise<UserBody> {
    return userBody(await this.account.update(viewer, user), token);
  }
}
