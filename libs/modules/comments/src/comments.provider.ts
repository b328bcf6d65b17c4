import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Implements, type InputOf } from '@tearline/seam';
import { In, type Repository } from 'typeorm';
import { type Comments, CommentsContract } from './contract.js';
import { CommentEntity } from './entities/comment.entity.js';

/** Answers other modules. */
@Implements(CommentsContract)
@Injectable()
export class CommentsProvider implements Comments {
  constructor(
    @InjectRepository(CommentEntity, 'comments') private readonly comments: Repository<CommentEntity>,
  ) {}

  async purge({ articleIds }: InputOf<typeof CommentsContract, 'purge'>) {
    const { affected } = await this.comments.delete({ articleId: In(articleIds) });
    return { purged: affected ?? 0 };
  }
}
