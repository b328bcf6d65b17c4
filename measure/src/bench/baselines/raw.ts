/**
 * The baseline: the cost of the same responses without a framework, modules or boundaries. Plain node:http, and the owner's
 * statements over all schemas at once. It checks no input and believes every token, and is of no other use.
 */
import { verify } from '@node-rs/argon2';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { Pool } from 'pg';
import { listen } from './listen.js';
import { RawReads } from './reads.js';
import { type Draft, RawWrites } from './writes.js';

const pool = new Pool({
  connectionString: process.env['DATABASE_URL'],
  max: Number(process.env['DATABASE_CONNECTIONS']),
});
const reads = new RawReads(pool);
const writes = new RawWrites(pool);
const { rows } = await pool.query<{ hash: string }>(
  'select password_hash as hash from identity.users limit 1',
);
const hash = rows[0]!.hash;

async function answer(request: IncomingMessage): Promise<unknown> {
  const { pathname, searchParams } = new URL(request.url!, 'http://raw');
  const [, , resource, name = '', below] = pathname.split('/').map(decodeURIComponent);
  if (resource === 'tags') return reads.tags();
  if (resource === 'profiles') return reads.profile(name);
  if (resource === 'users') return { verified: await verify(hash, 'password') };
  if (below === 'comments') return reads.comments(name);
  const viewer = viewerOf(request.headers.authorization);
  if (below === 'favorite') {
    await writes.favorite(name, viewer!, request.method === 'POST');
    return reads.article(name, viewer);
  }
  if (name === 'feed') return reads.feed(viewer);
  if (name !== '') return reads.article(name, viewer);
  if (request.method === 'POST') {
    const { article } = JSON.parse(await text(request)) as { article: Draft };
    return reads.article(await writes.create(viewer!, article), viewer);
  }
  return reads.list({ tag: searchParams.get('tag'), author: searchParams.get('author') });
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
