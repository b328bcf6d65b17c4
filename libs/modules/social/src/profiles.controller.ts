import { Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Authenticated, OptionallyAuthenticated, ViewerId } from '@tearline/auth';
import { ApiErrors, CachedResponse, filterText } from '@tearline/host';
import { ProfileBody, ProfilesService } from './profiles.service.js';

const Username = filterText({ max: 255 });

@ApiTags('Profile')
@Controller('api/profiles/:username')
@ApiErrors('profile/not-found')
export class ProfilesController {
  constructor(private readonly profiles: ProfilesService) {}

  @Get()
  @CachedResponse()
  @OptionallyAuthenticated()
  @ApiOperation({ operationId: 'GetProfileByUsername', summary: 'The profile of a user' })
  @ApiResponse({ status: 200, standardSchema: ProfileBody })
  read(
    @Param('username', { schema: Username }) username: string,
    @ViewerId() viewer: number | undefined,
  ): Buffer | Promise<Buffer | ProfileBody> {
    if (viewer === undefined) return this.profiles.cachedBody(username);
    return this.profiles.read(username, viewer).then((profile) => ({ profile }));
  }

  @Post('follow')
  @HttpCode(200)
  @Authenticated()
  @ApiOperation({ operationId: 'FollowUserByUsername', summary: 'Follow a user' })
  @ApiResponse({ status: 200, standardSchema: ProfileBody })
  @ApiErrors('profile/exceeds-what-you-may-follow')
  async follow(
    @Param('username', { schema: Username }) username: string,
    @ViewerId() viewer: number,
  ): Promise<ProfileBody> {
    return { profile: await this.profiles.follow(username, viewer) };
  }

  @Delete('follow')
  @Authenticated()
  @ApiOperation({ operationId: 'UnfollowUserByUsername', summary: 'Unfollow a user' })
  @ApiResponse({ status: 200, standardSchema: ProfileBody })
  async unfollow(
    @Param('username', { schema: Username }) username: string,
    @ViewerId() viewer: number,
  ): Promise<ProfileBody> {
    return { profile: await this.profiles.unfollow(username, viewer) };
  }
}
