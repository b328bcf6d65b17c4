import { articlePath, comment, type Person, profilePath, publish } from '../../support/conduit.js';

/** The anonymous reads of the lab's default mix, by weight. */
const WEIGHTS = { list: 20, tag: 8, author: 4, article: 26, tags: 6, profile: 8, comments: 11 } as const;
const TAGS = ['one', 'two', 'three', 'four'];

/** Articles to read. */
export class Library {
  private constructor(
    readonly author: Person,
    readonly slugs: readonly string[],
  ) {}

  static async fill(author: Person, count: number): Promise<Library> {
    const slugs: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const { slug } = await publish(author, { tagList: [TAGS[index % TAGS.length]] });
      await comment(author, slug);
      slugs.push(slug);
    }
    return new Library(author, slugs);
  }

  /** Every page that {@link draw} returns. */
  get pages(): string[] {
    return [
      '/api/articles',
      '/api/tags',
      profilePath(this.author.username),
      `/api/articles?author=${this.author.username}`,
      ...TAGS.map((tag) => `/api/articles?tag=${tag}`),
      ...this.slugs.flatMap((slug) => [articlePath(slug), `${articlePath(slug)}/comments`]),
    ];
  }

  /** Returns a random page, in the lab's proportions. */
  draw(): string {
    const total = Object.values(WEIGHTS).reduce((sum, weight) => sum + weight, 0);
    let left = Math.random() * total;
    const kind = (Object.keys(WEIGHTS) as (keyof typeof WEIGHTS)[]).find(
      (each) => (left -= WEIGHTS[each]) < 0,
    );
    switch (kind) {
      case 'tag':
        return `/api/articles?tag=${any(TAGS)}`;
      case 'author':
        return `/api/articles?author=${this.author.username}`;
      case 'article':
        return articlePath(any(this.slugs));
      case 'tags':
        return '/api/tags';
      case 'profile':
        return profilePath(this.author.username);
      case 'comments':
        return `${articlePath(any(this.slugs))}/comments`;
      default:
        return '/api/articles';
    }
  }
}

export const any = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!;
