/**
 * The baseline: the cost of the same responses without a framework, modules or boundaries. Plain node:http, and the owner's
 * statements over all schemas at once. It checks no input and believes every token, and is of no other use.
 */
import { verify } from '@node-rs/argon2';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { Pool } from 'pg';
import { listen } from './listen.js';
import {
  type ArticleRow,
  articleOf,
  authorOf,
  type AuthorRow,
  commentOf,
  type CommentRow,
  listOf,
  type PageRow,
} from './rows.js';
import { ARTICLE_BY_SLUG, BY_AUTHOR, BY_TAG, COMMENTS, FEED, LIST, PROFILE, TAGS } from './statements.js';
import { type Draft, RawWrites } from './writes.js';

const pool = new Pool({
  connectionString: process.env['DATABASE_URL'],
  max: Number(process.env['DATABASE_CONNECTIONS']),
});
const writes = new RawWrites(pool);
const [{ hash }] = (await rows('hash', 'select password_hash as hash from identity.users limit 1')) as [
  { hash: string },
];

/** Runs a prepared statement. */
async function rows<Row>(name: string, text: string, ...values: unknown[]): Promise<Row[]> {
  return (await pool.query({ name, text, values })).rows as Row[];
}

async function answer(request: IncomingMessage): Promise<unknown> {
  const { pathname, searchParams } = new URL(request.url!, 'http://raw');
  const [, , resource, name = '', below] = pathname.split('/').map(decodeURIComponent);
  if (resource === 'tags') return { tags: (await rows<{ tag: string }>('tags', TAGS)).map(({ tag }) => tag) };
  if (resource === 'profiles')
    return { profile: authorOf((await rows<AuthorRow>('profile', PROFILE, name))[0]!) };
  if (resource === 'users') return { verified: await verify(hash, 'password') };
  if (below === 'comments')
    return { comments: (await rows<CommentRow>('comments', COMMENTS, name)).map(commentOf) };
  const viewer = viewerOf(request.headers.authorization);
  if (below === 'favorite') await writes.favorite(name, viewer!, request.method === 'POST');
  else if (name === 'feed') return listOf(await rows<PageRow>('feed', FEED, viewer));
  else if (name === '' && request.method === 'GET') return listOf(await listed(searchParams));
  const slug = name || (await writes.create(viewer!, await draftIn(request)));
  const [article] = await rows<ArticleRow>('article', ARTICLE_BY_SLUG, slug, viewer);
  return { article: articleOf(article!) };
}

function listed(filter: URLSearchParams): Promise<PageRow[]> {
  const [tag, author] = [filter.get('tag'), filter.get('author')];
  if (tag !== null) return rows('tag', BY_TAG, tag);
  return author === null ? rows('list', LIST) : rows('author', BY_AUTHOR, author);
}

async function draftIn(request: IncomingMessage): Promise<Draft> {
  return (JSON.parse(await text(request)) as { article: Draft }).article;
}

const viewers = new Map<string, string>();

function viewerOf(authorization: string | undefined): string | null {
  if (authorization === undefined) return null;
  let viewer = viewers.get(authorization);
  if (viewer === undefined) {
    const [, payload = ''] = authorization.split('.');
    ({ sub: viewer } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub: string });
    viewers.set(authorization, viewer);
  }
  return viewer;
}

listen((request, response) => {
  answer(request).then(
    (body) => {
      const json = Buffer.from(JSON.stringify(body));
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-length': json.length })
        .end(json);
    },
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
