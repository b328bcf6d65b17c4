import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Authenticated, OptionallyAuthenticated, ViewerId } from '@tearline/auth';
import { ApiErrors, CachedResponse } from '@tearline/host';
import { CommentBody, CommentId, CommentList, CreateComment, ListComments, Slug } from './comment.schemas.js';
import { CommentsService } from './comments.service.js';

@ApiTags('Comments')
@Controller('api/articles/:slug/comments')
@ApiErrors('article/not-found')
export class CommentsController {
  constructor(private readonly comments: CommentsService) {}

  @Get()
  @CachedResponse()
  @OptionallyAuthenticated()
  @ApiOperation({ operationId: 'GetArticleComments', summary: "An article's comments, newest first" })
  @ApiResponse({ status: 200, standardSchema: CommentList })
  list(
    @Param('slug', { schema: Slug }) slug: string,
    @Query({ schema: ListComments }) page: ListComments,
    @ViewerId() viewer: number | undefined,
  ): Promise<Buffer | CommentList> {
    return viewer === undefined
      ? this.comments.publicList(slug, page)
      : this.comments.list(slug, page, viewer);
  }

  @Post()
  @Authenticated()
  @ApiOperation({ operationId: 'CreateArticleComment', summary: 'Comment on an article' })
  @ApiResponse({ status: 201, standardSchema: CommentBody })
  async create(
    @Param('slug', { schema: Slug }) slug: string,
    @Body({ schema: CreateComment }) { comment }: CreateComment,
    @ViewerId() viewer: number,
  ): Promise<CommentBody> {
    return { comment: await this.comments.create(slug, viewer, comment.body) };
  }

  @Delete(':id')
  @HttpCode(204)
  @Authenticated()
  @ApiOperation({ operationId: 'DeleteArticleComment', summary: 'Delete your comment' })
  @ApiResponse({ status: 204 })
  @ApiErrors('article/not-found', 'comment/not-found', 'comment/forbidden')
  async remove(
    @Param('slug', { schema: Slug }) slug: string,
    @Param('id', { schema: CommentId }) id: number,
    @ViewerId() viewer: number,
  ): Promise<void> {
    await this.comments.remove(slug, id, viewer);
  }
}
