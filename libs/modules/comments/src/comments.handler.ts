import { Injectable } from '@nestjs/common';
import { InjectTransactions, Transactions } from '@tearline/database';
import { Implements, type InputOf } from '@tearline/seam';
import { In } from 'typeorm';
import { type Comments, CommentsContract } from './contract.js';
import { CommentEntity } from './entities/comment.entity.js';

/** Answers other modules. */
@Implements(CommentsContract)
@Injectable()
export class CommentsHandler implements Comments {
  constructor(@InjectTransactions('comments') private readonly transactions: Transactions) {}

  purge({ articleIds }: InputOf<typeof CommentsContract, 'purge'>) {
    return this.transactions.run('purge', articleIds, async (manager) => {
      const { affected } = await manager.delete(CommentEntity, { articleId: In(articleIds) });
      return { purged: affected ?? 0 };
    });
  }
}
