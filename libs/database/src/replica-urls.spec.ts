import { describe, expect, it } from 'vitest';
import { serverUrls } from '@tearline/settings';
import { databaseUrls, replicaUrls } from './index.js';
import { addressOf } from './server-urls.js';

describe('a URL of several servers', () => {
  it('becomes one URL for each server', () => {
    expect(serverUrls('postgres://me:p%40ss@a:5432,b,[::1]:5433/db?sslmode=require')).toEqual([
      'postgres://me:p%40ss@a:5432/db?sslmode=require',
      'postgres://me:p%40ss@b/db?sslmode=require',
      'postgres://me:p%40ss@[::1]:5433/db?sslmode=require',
    ]);
  });

  it('becomes a URL of all servers for each module', () => {
    const { notes } = databaseUrls(['notes'], {}, 'postgres://owner:secret@a:1,b:2/db');
    expect(notes).toMatch(/^postgres:\/\/db_notes:[\w-]+@a:1,b:2\/db$/);
  });
});

it('has an address, which may be a Unix socket', () => {
  expect(
    [
      'postgres://me:pw@[::1]:5433/db',
      'postgres://me:pw@%2Frun%2Fpg/db',
      'postgres://me:pw@x/db?host=/run/pg',
    ].map(addressOf),
  ).toEqual(['[::1]:5433', '/run/pg:5432', '/run/pg:5432']);
});

describe('the replicas of a module', () => {
  const urls = { notes: 'postgres://tearline_notes:pw@a:1,b:2/db' };

  it('are none by default', () => {
    expect(replicaUrls(urls, {})).toEqual({ notes: [] });
  });

  it('are listed in its variable', () => {
    const env = { NOTES_DATABASE_REPLICA_URLS: 'postgres://x:y@b:2/db, postgres://x:y@c:3,d:4/db' };
    expect(replicaUrls(urls, { ...env, DATABASE_REPLICA_URLS: 'postgres://e' }).notes).toEqual([
      'postgres://x:y@b:2/db',
      'postgres://x:y@c:3/db',
      'postgres://x:y@d:4/db',
    ]);
  });

  it('are derived from the list of all replicas, with the role of the module', () => {
    expect(
      replicaUrls(urls, { DATABASE_REPLICA_URLS: 'postgres://owner:secret@c:3/db,postgres://d' }).notes,
    ).toEqual(['postgres://tearline_notes:pw@c:3/db', 'postgres://tearline_notes:pw@d/db']);
  });

  it('are reached with the TLS settings of the module, unless they have their own', () => {
    const { notes } = replicaUrls(
      { notes: 'postgres://tearline_notes:pw@a/db?sslmode=verify-full' },
      { DATABASE_REPLICA_URLS: 'postgres://b,postgres://c?sslmode=no-verify' },
    );
    expect(notes).toEqual([
      'postgres://tearline_notes:pw@b/db?sslmode=verify-full',
      'postgres://tearline_notes:pw@c/db?sslmode=no-verify',
    ]);
  });

  it('are rejected when they are not URLs, without printing them', () => {
    expect(() => replicaUrls(urls, { DATABASE_REPLICA_URLS: 'secret' })).toThrow(
      /DATABASE_REPLICA_URLS: expected a URL such as \S+, or a comma-separated list of them; it does not begin with [^']*$/,
    );
  });
});
