import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Authenticated, OptionallyAuthenticated, ViewerId } from '@tearline/auth';
import { CommentBody, CommentId, CommentList, CreateComment, Slug } from './comment.schemas.js';
import { CommentsService } from './comments.service.js';

@ApiTags('Comments')
@Controller('api/articles/:slug/comments')
export class CommentsController {
  constructor(private readonly comments: CommentsService) {}

  @Get()
  @OptionallyAuthenticated()
  @ApiOperation({ operationId: 'GetArticleComments', summary: "An article's comments, newest first" })
  @ApiResponse({ status: 200, standardSchema: CommentList })
  async list(
    @Param('slug', { schema: Slug }) slug: string,
    @ViewerId() viewer: number | undefined,
  ): Promise<CommentList> {
    return { comments: await this.comments.list(slug, viewer) };
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
  async remove(
    @Param('slug', { schema: Slug }) slug: string,
    @Param('id', { schema: CommentId }) id: number,
    @ViewerId() viewer: number,
  ): Promise<void> {
    await this.comments.remove(slug, id, viewer);
  }
}
