import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { SeamError } from '@tearline/seam';
import type { DataSource, EntityManager } from 'typeorm';
import { ArticleEntity } from './entities/article.entity.js';
import { FavoriteEntity } from './entities/favorite.entity.js';

/** Who likes which article; asking twice changes nothing. */
@Injectable()
export class FavoritesService {
  constructor(@InjectDataSource('articles') private readonly database: DataSource) {}

  /** @throws SeamError `article/not-found` */
  add(slug: string, userId: number): Promise<void> {
    return this.database.transaction(async (manager) => {
      const { id, createdAt } = await lock(manager, slug);
      const { raw } = await manager
        .createQueryBuilder()
        .insert()
        .into(FavoriteEntity)
        .values({ userId, publishedAt: createdAt, articleId: id })
        .orIgnore()
        .returning('article_id')
        .execute();
      await count(manager, id, (raw as unknown[]).length);
    });
  }

  /** @throws SeamError `article/not-found` */
  remove(slug: string, userId: number): Promise<void> {
    return this.database.transaction(async (manager) => {
      const { id, createdAt } = await lock(manager, slug);
      const { affected } = await manager.delete(FavoriteEntity, {
        userId,
        publishedAt: createdAt,
        articleId: id,
      });
      await count(manager, id, -(affected ?? 0));
    });
  }
}

/** Taken before the favorite is written: the other way round, a deletion in between would make a deadlock. */
async function lock(manager: EntityManager, slug: string): Promise<ArticleEntity> {
  const article = await manager.findOne(ArticleEntity, {
    select: { id: true, createdAt: true },
    where: { slug },
    lock: { mode: 'for_no_key_update' },
  });
  if (!article) throw new SeamError('article/not-found');
  return article;
}

async function count(manager: EntityManager, articleId: number, change: number): Promise<void> {
  if (change === 0) return;
  await manager
    .createQueryBuilder()
    .update(ArticleEntity)
    // Favorites do not make an article look edited.
    .set({ favoritesCount: () => `favorites_count + ${change}`, updatedAt: () => 'updated_at' })
    .where({ id: articleId })
    .execute();
}
