import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ArticleReads } from './article-reads.js';
import { TagList } from './article.schemas.js';

@ApiTags('Tags')
@Controller('api/tags')
export class TagsController {
  constructor(private readonly reads: ArticleReads) {}

  @Get()
  @ApiOperation({ operationId: 'GetTags', summary: 'Tags in use, the most used first' })
  @ApiResponse({ status: 200, standardSchema: TagList })
  async list(): Promise<TagList> {
    return { tags: await this.reads.tags() };
  }
}
