import { fileURLToPath } from 'node:url';
import { generateSigningKey, publicKeysOf } from '@tearline/auth';
import { readSettings } from '@tearline/settings';
import { beforeAll, describe, expect, it } from 'vitest';
import { developmentSettings, serviceSettings } from './settings.js';

describe('the settings of a service host', () => {
  let given: Record<string, string>;
  const read = (more: Record<string, string>) =>
    readSettings(serviceSettings(['articles', 'media']), { ...given, ...more });

  beforeAll(async () => {
    const key = await generateSigningKey();
    given = { HOST_MODULES: 'articles,media', AUTH_JWKS: JSON.stringify(publicKeysOf(key)) };
  });

  it('serve everything unless they say what', () => {
    expect(read({}).HOST_ROLES).toEqual(['http', 'rpc', 'jobs']);
    expect(read({ HOST_ROLES: 'jobs' }).HOST_ROLES).toEqual(['jobs']);
    expect(read({ HOST_ROLES: 'http, rpc' }).HOST_ROLES).toEqual(['http', 'rpc']);
    expect(() => read({ HOST_ROLES: 'http,grpc' })).toThrow(
      "HOST_ROLES: expected some of http,rpc,jobs, got 'http,grpc'",
    );
  });

  it('leave the connections to the number of modules unless they say how many', () => {
    expect(read({}).DATABASE_CONNECTIONS).toBeUndefined();
    expect(read({ DATABASE_CONNECTIONS: '12' }).DATABASE_CONNECTIONS).toBe(12);
    expect(() => read({ DATABASE_CONNECTIONS: '1' })).toThrow(
      'DATABASE_CONNECTIONS: expected a number from 2 to',
    );
  });
});

it('the data of development is in the repository, whatever the working directory is', () => {
  const repository = fileURLToPath(new URL('../../..', import.meta.url));
  expect(readSettings(developmentSettings, {}).TEARLINE_DIR).toBe(`${repository}.tearline`);
});
