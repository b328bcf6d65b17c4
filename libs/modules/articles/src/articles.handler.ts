import { Injectable } from '@nestjs/common';
import { Implements, type InputOf } from '@tearline/seam';
import { ArticleReads } from './article-reads.js';
import { type Articles, ArticlesContract } from './contract.js';

/** Implements the contract for other modules. */
@Implements(ArticlesContract)
@Injectable()
export class ArticlesHandler implements Articles {
  constructor(private readonly reads: ArticleReads) {}

  bySlug({ slug }: InputOf<typeof ArticlesContract, 'bySlug'>) {
    return this.reads.summary(slug);
  }

  summariesByIds({ ids }: InputOf<typeof ArticlesContract, 'summariesByIds'>) {
    return this.reads.summaries(ids);
  }
}
