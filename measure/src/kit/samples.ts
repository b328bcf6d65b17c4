import {
  generateSigningKey,
  publicKeysOf,
  type SigningKey,
  TOKEN_ALGORITHM,
  TOKEN_ISSUER,
} from '@tearline/auth';
import { importJWK, SignJWT } from 'jose';
import { queryOwner } from './database.js';

/** What requests are made of: a cross-section of the seeded data, in no order that an index has. */
export interface Samples {
  readonly slugs: readonly string[];
  /** Of articles that have comments. */
  readonly discussedSlugs: readonly string[];
  readonly tags: readonly string[];
  /** Names of users who have written. */
  readonly authors: readonly string[];
  readonly usernames: readonly string[];
  readonly emails: readonly string[];
  /** Tokens of users who follow somebody. */
  readonly tokens: readonly string[];
}

/** Settings of the monolith that belong together. */
export interface Keys {
  readonly signingKey: SigningKey;
  readonly jwks: string;
}

export async function makeKeys(): Promise<Keys> {
  const signingKey = await generateSigningKey();
  return { signingKey, jwks: JSON.stringify(publicKeysOf(signingKey)) };
}

export async function takeSamples(ownerUrl: string, { signingKey }: Keys): Promise<Samples> {
  const column = async <T>(sql: string) =>
    (await queryOwner<{ value: T }>(ownerUrl, `${sql} order by md5(value::text) limit 1000`)).map(
      ({ value }) => value,
    );
  const readers = await column<string>(
    'select value from (select distinct follower_id as value from social.follows) follower',
  );
  const [slugs, discussedSlugs, tags, authors, usernames, emails, tokens] = await Promise.all([
    column<string>('select value from (select slug as value from articles.articles) article'),
    column<string>(`select value from (select slug as value from articles.articles
                      where id in (select article_id from comments.comments)) article`),
    column<string>('select value from (select distinct tag as value from articles.article_tags) tag'),
    column<string>(`select value from (select username as value from identity.users
                      where id in (select author_id from articles.articles)) author`),
    column<string>('select value from (select username as value from identity.users) one'),
    column<string>('select value from (select email as value from identity.users) one'),
    tokensOf(readers.slice(0, 500), signingKey),
  ]);
  return { slugs, discussedSlugs, tags, authors, usernames, emails, tokens };
}

/** Whose token it is. */
export function userIdIn(token: string): string {
  return (JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sub: string }).sub;
}

async function tokensOf(users: readonly string[], key: SigningKey): Promise<string[]> {
  const secret = await importJWK(key, TOKEN_ALGORITHM);
  return Promise.all(
    users.map((id) =>
      new SignJWT()
        .setProtectedHeader({ alg: TOKEN_ALGORITHM, kid: key.kid })
        .setIssuer(TOKEN_ISSUER)
        .setSubject(id)
        .setIssuedAt()
        .setExpirationTime('1 day')
        .sign(secret),
    ),
  );
}
