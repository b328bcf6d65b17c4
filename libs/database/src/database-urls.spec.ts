import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { databaseUrls, roleName } from './index.js';

const OWNER = 'postgres://owner:s%40fe@db.example:6432/app?sslmode=require';

it("takes each module's own URL from the environment", () => {
  const env = { ARTICLES_DATABASE_URL: 'postgres://a:1@h/x', USER_DATA_DATABASE_URL: 'postgres://b:2@h/x' };
  expect(databaseUrls(['articles', 'user-data'], env)).toEqual({
    articles: 'postgres://a:1@h/x',
    'user-data': 'postgres://b:2@h/x',
  });
});

it('reads it from the file that a variable names', () => {
  const folder = mkdtempSync(join(tmpdir(), 'urls-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'url');
  writeFileSync(file, 'postgres://a:1@h/x\n');
  expect(databaseUrls(['articles'], { ARTICLES_DATABASE_URL_FILE: file }, OWNER)).toEqual({
    articles: 'postgres://a:1@h/x',
  });
  expect(() => databaseUrls(['articles'], { ARTICLES_DATABASE_URL_FILE: `${file}s` }, OWNER)).toThrow(
    `ARTICLES_DATABASE_URL_FILE: ${file}s cannot be read (ENOENT)`,
  );
});

it('names every variable that is missing or invalid, without showing its value', () => {
  expect(() => databaseUrls(['articles', 'social'], { ARTICLES_DATABASE_URL: '' })).toThrow(
    /ARTICLES_DATABASE_URL: expected a URL .*, but it is not set\n +SOCIAL_DATABASE_URL: expected/,
  );
  expect(() => databaseUrls(['articles'], { ARTICLES_DATABASE_URL: 'mysql://a:1@h/x' }, OWNER)).toThrow(
    /ARTICLES_DATABASE_URL: expected a URL such as [^,]*$/,
  );
});

it("derives missing URLs from the owner's: same database, own role, a password derived from the owner's", () => {
  const first = new URL(databaseUrls(['articles'], {}, OWNER)['articles']!);
  expect([first.username, first.host, first.pathname, first.search]).toEqual([
    'app_articles',
    'db.example:6432',
    '/app',
    '?sslmode=require',
  ]);
  expect(first.password).toMatch(/^[\w-]{43}$/);
  expect(databaseUrls(['articles'], {}, OWNER)['articles']).toBe(first.href);
  const other = new URL(databaseUrls(['articles'], {}, OWNER.replace('s%40fe', 'other'))['articles']!);
  expect(other.password).not.toBe(first.password);
});

it('names a role after the database, within the length of a name, and apart from every other', () => {
  const long = 'ü'.repeat(30);
  const names = [`${long}a`, `${long}b`].map((database) => roleName(database, 'user-data'));
  expect(roleName('shop', 'user-data')).toBe('shop_user_data');
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name).toMatch(/^ü{27}_[0-9a-f]{8}$/);
  const derived = databaseUrls(['notes'], {}, 'postgres://shop%20owner:secret@a:1')['notes']!;
  expect(decodeURIComponent(new URL(derived).username)).toBe('shop owner_notes');
});
