import { Module } from '@nestjs/common';
import { DatabaseModule } from '@tearline/database';
import { EventsModule } from '@tearline/events';
import { FollowEntity } from './entities/follow.entity.js';
import { FollowReads } from './follow-reads.js';
import { ProfilesController } from './profiles.controller.js';
import { ProfilesService } from './profiles.service.js';
import { SocialHandler } from './social.handler.js';

@Module({
  imports: [DatabaseModule.forModule('social', [FollowEntity]), EventsModule.forModule('social')],
  controllers: [ProfilesController],
  providers: [FollowReads, ProfilesService, SocialHandler],
})
export class SocialModule {}
