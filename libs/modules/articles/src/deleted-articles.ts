import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { type Comments, CommentsContract } from '@tearline/modules/comments/contract';
import { Seam } from '@tearline/seam';
import { LessThan, In, type Repository } from 'typeorm';
import { DeletedArticleEntity } from './entities/deleted-article.entity.js';

const EVERY_MS = 30_000;
/** Longer than any request lives, so that a comment that was being written when its article went is found too. */
const SETTLED_MS = 60_000;
const BATCH = 500;

/**
 * Has what belongs to deleted articles purged where other modules keep it: at once, and once more when nobody can
 * be writing to them any longer. The list of what is left to do is written with the deletion, so a crash loses nothing.
 */
@Injectable()
export class DeletedArticles implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #log = new Logger(DeletedArticles.name);
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(
    @InjectRepository(DeletedArticleEntity, 'articles')
    private readonly list: Repository<DeletedArticleEntity>,
    @Seam(CommentsContract) private readonly comments: Comments,
  ) {}

  onApplicationBootstrap(): void {
    const sweep = () => {
      this.#sweeping = this.sweep().catch((error: unknown) =>
        this.#log.warn({ err: error }, 'purge put off'),
      );
    };
    sweep();
    this.#timer = setInterval(sweep, EVERY_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  /** Purges at once; what cannot be reached now is left to the sweep. */
  async purge(articleIds: readonly number[]): Promise<void> {
    try {
      await this.comments.purge({ articleIds });
    } catch (error) {
      this.#log.warn({ err: error, articleIds }, 'purge put off');
    }
  }

  private async sweep(): Promise<void> {
    const deletedAt = LessThan(new Date(Date.now() - SETTLED_MS));
    let found: DeletedArticleEntity[];
    do {
      found = await this.list.find({ where: { deletedAt }, take: BATCH });
      const articleIds = found.map(({ articleId }) => articleId);
      if (articleIds.length === 0) return;
      await this.comments.purge({ articleIds });
      await this.list.delete({ articleId: In(articleIds) });
    } while (found.length === BATCH);
  }
}
