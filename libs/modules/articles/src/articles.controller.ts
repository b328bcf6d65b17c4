import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Authenticated, OptionallyAuthenticated, ViewerId } from '@tearline/auth';
import { ApiErrors, CachedResponse, Page } from '@tearline/host';
import { ArticleResponseCache, isFirstPage } from './article-response-cache.js';
import { ArticleViews } from './article-views.js';
import {
  ArticleBody,
  ArticleList,
  CreateArticle,
  ListArticles,
  Slug,
  UpdateArticle,
} from './article.schemas.js';
import { ArticlesService } from './articles.service.js';

@ApiTags('Articles')
@Controller('api/articles')
export class ArticlesController {
  constructor(
    private readonly articles: ArticlesService,
    private readonly views: ArticleViews,
    private readonly cached: ArticleResponseCache,
  ) {}

  @Get()
  @CachedResponse()
  @OptionallyAuthenticated()
  @ApiOperation({ operationId: 'GetArticles', summary: 'Articles, newest first' })
  @ApiResponse({ status: 200, standardSchema: ArticleList })
  list(
    @Query({ schema: ListArticles }) query: ListArticles,
    @ViewerId() viewer: number | undefined,
  ): Buffer | Promise<Buffer | ArticleList> {
    // No write invalidates the lists of one user's favorites.
    if (viewer !== undefined || query.favorited !== undefined) return this.views.list(query, viewer);
    return isFirstPage(query) ? this.cached.page(query) : this.cached.laterPage(query);
  }

  @Get('feed')
  @Authenticated()
  @ApiOperation({
    operationId: 'GetArticlesFeed',
    summary: 'Articles of the authors whom you follow, newest first',
  })
  @ApiResponse({ status: 200, standardSchema: ArticleList })
  feed(@Query({ schema: Page }) page: Page, @ViewerId() viewer: number): Promise<ArticleList> {
    return this.views.feed(page, viewer);
  }

  @Get(':slug')
  @CachedResponse()
  @OptionallyAuthenticated()
  @ApiOperation({ operationId: 'GetArticle', summary: 'One article' })
  @ApiResponse({ status: 200, standardSchema: ArticleBody })
  @ApiErrors('article/not-found')
  one(
    @Param('slug', { schema: Slug }) slug: string,
    @ViewerId() viewer: number | undefined,
  ): Buffer | Promise<Buffer | ArticleBody> {
    if (viewer === undefined) return this.cached.one(slug);
    return this.views.one(slug, viewer).then((article) => ({ article }));
  }

  @Post()
  @Authenticated()
  @ApiOperation({ operationId: 'CreateArticle', summary: 'Publish an article' })
  @ApiResponse({ status: 201, standardSchema: ArticleBody })
  async create(
    @Body({ schema: CreateArticle }) { article }: CreateArticle,
    @ViewerId() viewer: number,
  ): Promise<ArticleBody> {
    return { article: await this.views.of(await this.articles.create(viewer, article), viewer) };
  }

  @Put(':slug')
  @Authenticated()
  @ApiOperation({
    operationId: 'UpdateArticle',
    summary: 'Change your article; a new title changes the slug',
  })
  @ApiResponse({ status: 200, standardSchema: ArticleBody })
  @ApiErrors('article/not-found', 'article/forbidden')
  async update(
    @Param('slug', { schema: Slug }) slug: string,
    @Body({ schema: UpdateArticle }) { article }: UpdateArticle,
    @ViewerId() viewer: number,
  ): Promise<ArticleBody> {
    const newSlug = await this.articles.update(slug, viewer, article);
    return { article: await this.views.one(newSlug, viewer) };
  }

  @Delete(':slug')
  @HttpCode(204)
  @Authenticated()
  @ApiOperation({ operationId: 'DeleteArticle', summary: 'Delete your article, its comments and favorites' })
  @ApiResponse({ status: 204 })
  @ApiErrors('article/not-found', 'article/forbidden')
  async remove(@Param('slug', { schema: Slug }) slug: string, @ViewerId() viewer: number): Promise<void> {
    await this.articles.remove(slug, viewer);
  }
}
