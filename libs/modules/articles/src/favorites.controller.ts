import { Controller, Delete, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Authenticated, ViewerId } from '@tearline/auth';
import type { FullArticleRow } from './article-row.js';
import { ApiErrors } from '@tearline/host';
import { ArticleViews } from './article-views.js';
import { ArticleBody, Slug } from './article.schemas.js';
import { FavoritesService } from './favorites.service.js';

@ApiTags('Favorites')
@Controller('api/articles/:slug/favorite')
@ApiErrors('article/not-found')
export class FavoritesController {
  constructor(
    private readonly favorites: FavoritesService,
    private readonly views: ArticleViews,
  ) {}

  @Post()
  @HttpCode(200)
  @Authenticated()
  @ApiOperation({ operationId: 'CreateArticleFavorite', summary: 'Mark an article as a favorite' })
  @ApiResponse({ status: 200, standardSchema: ArticleBody })
  async add(@Param('slug', { schema: Slug }) slug: string, @ViewerId() viewer: number): Promise<ArticleBody> {
    return this.seen(await this.favorites.add(slug, viewer), slug, viewer);
  }

  @Delete()
  @Authenticated()
  @ApiOperation({ operationId: 'DeleteArticleFavorite', summary: 'Take the mark away' })
  @ApiResponse({ status: 200, standardSchema: ArticleBody })
  async remove(
    @Param('slug', { schema: Slug }) slug: string,
    @ViewerId() viewer: number,
  ): Promise<ArticleBody> {
    return this.seen(await this.favorites.remove(slug, viewer), slug, viewer);
  }

  private async seen(row: FullArticleRow | undefined, slug: string, viewer: number): Promise<ArticleBody> {
    return { article: await (row ? this.views.of(row, viewer) : this.views.one(slug, viewer)) };
  }
}
