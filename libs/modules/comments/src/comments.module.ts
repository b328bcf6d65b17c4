import { Module } from '@nestjs/common';
import { CacheModule } from '@tearline/cache';
import { DatabaseModule } from '@tearline/database';
import { EventsModule } from '@tearline/events';
import { CommentsController } from './comments.controller.js';
import { CommentsService } from './comments.service.js';
import { DeletedArticlesWorker } from './deleted-articles.worker.js';
import { CommentEntity } from './entities/comment.entity.js';

@Module({
  imports: [
    DatabaseModule.forModule('comments', [CommentEntity]),
    EventsModule.forModule('comments'),
    CacheModule.forModule('comments'),
  ],
  controllers: [CommentsController],
  providers: [CommentsService, DeletedArticlesWorker],
})
export class CommentsModule {}
