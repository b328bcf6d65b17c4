import { importJWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { generateSigningKey, publicKeysOf, Revocations, type SigningKey, TokenVerifier } from './index.js';

const now = () => Math.floor(Date.now() / 1000);
const invalid = { code: 'token/is-invalid' };

function sign(key: SigningKey, claims: JWTPayload = {}, header: Partial<JWTHeaderParameters> = {}) {
  const standard = { iss: 'tearline', sub: '7', iat: now(), exp: now() + 60 };
  return importJWK(key, 'EdDSA').then((imported) =>
    new SignJWT({ ...standard, ...claims })
      .setProtectedHeader({ alg: 'EdDSA', kid: key.kid, ...header })
      .sign(imported),
  );
}

const [key, nextKey, foreignKey] = await Promise.all([
  generateSigningKey(),
  generateSigningKey(),
  generateSigningKey(),
]);
const verifierOf = (...keys: SigningKey[]) => new TokenVerifier(publicKeysOf(...keys), new Revocations());
const principalOf = async (verifier: TokenVerifier, token: string) => verifier.principalOf(token);

describe('a token', () => {
  it('yields its principal', async () => {
    expect(await principalOf(verifierOf(key), await sign(key))).toEqual({ id: '7' });
  });

  it.each<[string, JWTPayload, Partial<JWTHeaderParameters>?]>([
    ['has expired', { exp: now() - 1 }],
    ['never expires', { exp: undefined }],
    ['is of another issuer', { iss: 'other' }],
    ['has no subject', { sub: undefined }],
    ['has no time of issue', { iat: undefined }],
    ['has an unknown kid', {}, { kid: 'unknown' }],
    ['has a subject that is not a user id', { sub: 'admin' }],
    ['has the subject 0', { sub: '0' }],
    ['has a subject beyond the safe integers', { sub: '9007199254740993' }],
    ['is not valid yet', { nbf: now() + 60 }],
  ])('that %s is rejected', async (_, claims, header) => {
    await expect(principalOf(verifierOf(key), await sign(key, claims, header))).rejects.toMatchObject(
      invalid,
    );
  });

  it('of an unknown key is rejected, even with the kid of a known one', async () => {
    const token = await sign({ ...foreignKey, kid: key.kid });
    await expect(principalOf(verifierOf(key), token)).rejects.toMatchObject(invalid);
  });

  it('signed with the public key as a shared secret is rejected', async () => {
    const claims = { iss: 'tearline', sub: '7', iat: now(), exp: now() + 60 };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: key.kid })
      .sign(Buffer.from(key.x, 'base64url'));
    await expect(principalOf(verifierOf(key), token)).rejects.toMatchObject(invalid);
  });
});

describe('during a key rotation', () => {
  it('tokens of both keys are valid', async () => {
    const verifier = verifierOf(key, nextKey);
    expect(await principalOf(verifier, await sign(key, { sub: '1' }))).toEqual({ id: '1' });
    expect(await principalOf(verifier, await sign(nextKey, { sub: '2' }))).toEqual({ id: '2' });
  });

  it('tokens of a removed key are invalid', async () => {
    await expect(principalOf(verifierOf(nextKey), await sign(key))).rejects.toMatchObject(invalid);
  });
});

describe('a verified token', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is returned from the cache', async () => {
    const verifier = verifierOf(key);
    const token = await sign(key);
    expect(verifier.principalOf(token)).toBeInstanceOf(Promise);
    await principalOf(verifier, token);
    expect(verifier.principalOf(token)).toEqual({ id: '7' });
  });

  it('is cached until it expires', async () => {
    const verifier = verifierOf(key);
    const exp = now() + 60;
    const token = await sign(key, { exp });
    await principalOf(verifier, token);
    vi.useFakeTimers({ toFake: ['Date'], now: exp * 1000 - 1 });
    expect(verifier.principalOf(token)).toEqual({ id: '7' });
    vi.setSystemTime(exp * 1000);
    await expect(principalOf(verifier, token)).rejects.toMatchObject(invalid);
  });

  it('is not cached when it is invalid', async () => {
    const [verifier, token] = [verifierOf(nextKey), await sign(key)];
    for (const _ of ['once', 'twice'])
      await expect(principalOf(verifier, token)).rejects.toMatchObject(invalid);
  });
});
