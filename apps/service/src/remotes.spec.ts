import { SettingsError } from '@tearline/settings';
import { manifests, moduleNames } from '@tearline/modules';
import { describe, expect, it } from 'vitest';
import { refuseForeignCredentials } from './credentials.js';
import { remoteHosts } from './remotes.js';

const only = (...names: string[]) => manifests.filter(({ name }) => names.includes(name));

function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('the remote hosts', () => {
  it('are none where every module is', () => {
    expect(remoteHosts(manifests, {})).toEqual([]);
  });

  it('answer what is used here and is not here, with one set of connections for each set of addresses', () => {
    const env = {
      IDENTITY_RPC_ADDRESSES: 'app:7000,[::1]:7001',
      SOCIAL_RPC_ADDRESSES: 'app:7000,[::1]:7001',
      ARTICLES_RPC_ADDRESSES: 'articles:7000',
    };
    const hosts = remoteHosts(only('comments'), { ...env, COMMENTS_RPC_ADDRESSES: 'unknown:1' });
    expect(
      hosts.map(({ addresses, contracts }) => [addresses, contracts.map(({ name }) => name).toSorted()]),
    ).toEqual([
      [['articles:7000'], ['articles']],
      [
        ['app:7000', '[::1]:7001'],
        ['identity', 'social'],
      ],
    ]);
  });

  it('must all be known', () => {
    expect(
      problemsOf(() => remoteHosts(only('articles', 'comments'), { SOCIAL_RPC_ADDRESSES: 'social' })),
    ).toEqual([
      "IDENTITY_RPC_ADDRESSES: expected addresses of 'identity', which runs elsewhere, as <host>:<port>,…, but it is not set",
      "SOCIAL_RPC_ADDRESSES: expected addresses of 'social', which runs elsewhere, as <host>:<port>,…, got 'social'",
    ]);
  });
});

describe('credentials of other modules', () => {
  it('are refused, and the owner’s', () => {
    const env = {
      ARTICLES_DATABASE_URL: 'x',
      COMMENTS_DATABASE_URL: 'x',
      IDENTITY_SIGNING_KEY: 'x',
      SOCIAL_DATABASE_REPLICA_URLS: 'x',
      DATABASE_URL: 'x',
    };
    const refused = problemsOf(() => refuseForeignCredentials(['articles', 'social'], env));
    expect(refused.map((problem) => problem.split(':')[0]!).toSorted()).toEqual([
      'COMMENTS_DATABASE_URL',
      'DATABASE_URL',
      'IDENTITY_SIGNING_KEY',
    ]);
  });

  it('are refused as files too', () => {
    const refused = problemsOf(() =>
      refuseForeignCredentials(['social'], { COMMENTS_DATABASE_URL_FILE: 'x' }),
    );
    expect(refused).toEqual([expect.stringMatching(/^COMMENTS_DATABASE_URL: expected no value/)]);
  });

  it('are none where all modules are', () => {
    expect(problemsOf(() => refuseForeignCredentials(moduleNames, { COMMENTS_DATABASE_URL: 'x' }))).toEqual(
      [],
    );
  });
});
