import {
  generateSigningKey,
  publicKeysOf,
  type SigningKey,
  TOKEN_ALGORITHM,
  TOKEN_ISSUER,
} from '@tearline/auth';
import { importJWK, SignJWT } from 'jose';
import { queryOwner } from './database.js';

/** Values to make requests of: a cross-section of the seeded data, in the order of no index. */
export interface Samples {
  readonly slugs: readonly string[];
  /** Of articles that have comments. */
  readonly discussedSlugs: readonly string[];
  readonly tags: readonly string[];
  /** Names of users who have written articles. */
  readonly authors: readonly string[];
  readonly usernames: readonly string[];
  readonly emails: readonly string[];
  /** Tokens of users who follow others. */
  readonly tokens: readonly string[];
}

/** The keys of a run, as settings of its hosts. */
export interface Keys {
  readonly signingKey: SigningKey;
  readonly jwks: string;
}

export async function makeKeys(): Promise<Keys> {
  const signingKey = await generateSigningKey();
  return { signingKey, jwks: JSON.stringify(publicKeysOf(signingKey)) };
}

export async function takeSamples(ownerUrl: string, { signingKey }: Keys): Promise<Samples> {
  const column = async (expression: string, from: string) => {
    const rows = await queryOwner<{ value: string }>(
      ownerUrl,
      `select value from (select ${expression} as value from ${from}) sample order by md5(value::text) limit 1000`,
    );
    return rows.map(({ value }) => value);
  };
  const readers = await column('distinct follower_id', 'social.follows');
  const [slugs, discussedSlugs, tags, authors, usernames, emails, tokens] = await Promise.all([
    column('slug', 'articles.articles'),
    column('slug', 'articles.articles where id in (select article_id from comments.comments)'),
    column('distinct tag', 'articles.article_tags'),
    column('username', 'identity.users where id in (select author_id from articles.articles)'),
    column('username', 'identity.users'),
    column('email', 'identity.users'),
    tokensOf(readers.slice(0, 500), signingKey),
  ]);
  return { slugs, discussedSlugs, tags, authors, usernames, emails, tokens };
}

/** Returns the id of the user that a token belongs to. */
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
