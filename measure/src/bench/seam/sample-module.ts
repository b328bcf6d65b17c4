import { Injectable } from '@nestjs/common';
import { CallContext, type ClientOf, contract, Implements, query, runCall } from '@tearline/seam';
import { z } from 'zod';

const Article = z.object({
  id: z.int(),
  slug: z.string(),
  title: z.string(),
  body: z.string(),
  tags: z.array(z.string()),
  author: z.object({ id: z.int(), name: z.string(), bio: z.string().nullable() }),
  favorites: z.int(),
});
export const ArticlesContract = contract('articles', {
  bySlug: query({
    input: z.object({ slug: z.string(), viewer: z.int().optional() }),
    output: Article.nullable(),
  }),
  byPosition: query({ args: [z.string(), z.int().optional()], output: Article.nullable() }),
  byType: query<(slug: string, viewer?: number) => z.infer<typeof Article> | null>(),
});
export type Articles = ClientOf<typeof ArticlesContract>;

export const ARTICLE: z.infer<typeof Article> = {
  id: 7,
  slug: 'how-to-train-your-dragon',
  title: 'How to train your dragon',
  body: 'It takes a Jacobian. '.repeat(50),
  tags: ['dragons', 'training', 'jacobian'],
  author: { id: 3, name: 'jake', bio: 'I work at statefarm' },
  favorites: 12,
};
export const INPUT = { slug: ARTICLE.slug, viewer: 5 };

@Implements(ArticlesContract)
@Injectable()
export class ArticlesHandler implements Articles {
  async bySlug() {
    return ARTICLE;
  }

  async byPosition(_slug: string, _viewer?: number) {
    return ARTICLE;
  }

  async byType(_slug: string, _viewer?: number) {
    return ARTICLE;
  }
}

/** The forms that a method may have, by name: with one object, with positional arguments, and with types alone. */
export const FORMS: Readonly<Record<string, (articles: Articles) => Promise<unknown>>> = {
  'one object': (articles) => articles.bySlug(INPUT),
  'positional arguments': (articles) => articles.byPosition(INPUT.slug, INPUT.viewer),
  'types alone': (articles) => articles.byType(INPUT.slug, INPUT.viewer),
};

/** Runs the work in the context of a call, as a request does. */
export function inCall<T>(work: () => Promise<T>): Promise<T> {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const deadline = performance.now() + 60_000;
  const principal = { id: '5' };
  return runCall(new CallContext({ requestId: '5a1e8c80-0000', deadline, traceparent, principal }), work);
}
