import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lists and counts an author's articles under a tag without reading the author's other articles. */
export class TagsByAuthor1768000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table articles.article_tags add column author_id bigint;
      update articles.article_tags t set author_id = a.author_id from articles.articles a where a.id = t.article_id;
      alter table articles.article_tags alter column author_id set not null;
      create index article_tags_by_author on articles.article_tags (author_id, tag, published_at desc, article_id desc);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table articles.article_tags drop column author_id');
  }
}
