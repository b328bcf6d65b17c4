import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CachedResponse } from '@tearline/host';
import { ArticleResponseCache } from './article-response-cache.js';
import { TagList } from './article.schemas.js';

@ApiTags('Tags')
@Controller('api/tags')
export class TagsController {
  constructor(private readonly cached: ArticleResponseCache) {}

  @Get()
  @CachedResponse()
  @ApiOperation({ operationId: 'GetTags', summary: 'Tags in use, the most used first' })
  @ApiResponse({ status: 200, standardSchema: TagList })
  list(): Buffer | Promise<Buffer> {
    return this.cached.tags();
  }
}
