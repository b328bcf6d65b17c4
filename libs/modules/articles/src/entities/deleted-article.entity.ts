import { CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A deleted article whose traces in other modules are still to be purged. */
@Entity({ schema: 'articles', name: 'deleted_articles' })
export class DeletedArticleEntity {
  @PrimaryColumn('bigint', { name: 'article_id' })
  articleId: number;

  @CreateDateColumn({ name: 'deleted_at', type: 'timestamptz', precision: 3 })
  deletedAt: Date;
}
