import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'articles', name: 'article_tags' })
export class ArticleTagEntity {
  @PrimaryColumn('text')
  tag: string;

  /** The article's `createdAt`. */
  @PrimaryColumn('timestamptz', { name: 'published_at', precision: 3 })
  publishedAt: Date;

  @PrimaryColumn('bigint', { name: 'article_id' })
  articleId: number;

  /** The article's author. */
  @Column('bigint', { name: 'author_id' })
  authorId: number;
}
