import { Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'articles', name: 'favorites' })
export class FavoriteEntity {
  @PrimaryColumn('bigint', { name: 'user_id' })
  userId: number;

  /** The article's `createdAt`. */
  @PrimaryColumn('timestamptz', { name: 'published_at', precision: 3 })
  publishedAt: Date;

  @PrimaryColumn('bigint', { name: 'article_id' })
  articleId: number;
}
