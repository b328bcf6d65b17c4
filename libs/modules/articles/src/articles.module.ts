import { Module } from '@nestjs/common';
import { CacheModule } from '@tearline/cache';
import { DatabaseModule } from '@tearline/database';
import { EventsModule } from '@tearline/events';
import { ArticleResponseCache } from './article-response-cache.js';
import { ArticleReads } from './article-reads.js';
import { ArticleViews } from './article-views.js';
import { ArticlesController } from './articles.controller.js';
import { ArticlesHandler } from './articles.handler.js';
import { ArticlesService } from './articles.service.js';
import { ArticleTagEntity } from './entities/article-tag.entity.js';
import { ArticleEntity } from './entities/article.entity.js';
import { FavoriteEntity } from './entities/favorite.entity.js';
import { FavoritesController } from './favorites.controller.js';
import { FavoritesService } from './favorites.service.js';
import { TagsController } from './tags.controller.js';
import { CounterCompaction } from './counter-compaction.js';

@Module({
  imports: [
    DatabaseModule.forModule('articles', [ArticleEntity, ArticleTagEntity, FavoriteEntity]),
    EventsModule.forModule('articles'),
    CacheModule.forModule('articles'),
  ],
  controllers: [ArticlesController, FavoritesController, TagsController],
  providers: [
    ArticleResponseCache,
    ArticleReads,
    ArticleViews,
    ArticlesHandler,
    ArticlesService,
    FavoritesService,
    CounterCompaction,
  ],
})
export class ArticlesModule {}
