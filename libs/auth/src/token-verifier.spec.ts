import { importJWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { generateSigningKey, publicKeysOf, type SigningKey, TokenVerifier } from './index.js';

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
const open = (...keys: SigningKey[]) => new TokenVerifier(publicKeysOf(...keys));
const answer = async (verifier: TokenVerifier, token: string) => verifier.principalOf(token);

describe('a token', () => {
  it('says who calls', async () => {
    expect(await answer(open(key), await sign(key))).toEqual({ id: '7' });
  });

  it.each<[string, JWTPayload, Partial<JWTHeaderParameters>?]>([
    ['has expired', { exp: now() - 1 }],
    ['never expires', { exp: undefined }],
    ['is of another issuer', { iss: 'somebody' }],
    ['has no subject', { sub: undefined }],
    ['has no time of issue', { iat: undefined }],
    ['names no key of ours', {}, { kid: 'unknown' }],
    ['speaks for no user id', { sub: 'admin' }],
    ['speaks for user 0', { sub: '0' }],
    ['speaks for an id beyond the integers', { sub: '9007199254740993' }],
    ['is not valid yet', { nbf: now() + 60 }],
  ])('that %s is refused', async (_, claims, header) => {
    await expect(answer(open(key), await sign(key, claims, header))).rejects.toMatchObject(invalid);
  });

  it('of a key that is not ours is refused, whatever name it gives the key', async () => {
    const token = await sign({ ...foreignKey, kid: key.kid });
    await expect(answer(open(key), token)).rejects.toMatchObject(invalid);
  });

  it('signed with the public key as a shared secret is refused', async () => {
    const claims = { iss: 'tearline', sub: '7', iat: now(), exp: now() + 60 };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: key.kid })
      .sign(Buffer.from(key.x, 'base64url'));
    await expect(answer(open(key), token)).rejects.toMatchObject(invalid);
  });
});

describe('while keys are rotated', () => {
  it('tokens of both are good', async () => {
    const verifier = open(key, nextKey);
    expect(await answer(verifier, await sign(key, { sub: '1' }))).toEqual({ id: '1' });
    expect(await answer(verifier, await sign(nextKey, { sub: '2' }))).toEqual({ id: '2' });
  });

  it('a key that has gone takes its tokens with it', async () => {
    await expect(answer(open(nextKey), await sign(key))).rejects.toMatchObject(invalid);
  });
});

describe('a token that was checked', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is known at once the next time', async () => {
    const verifier = open(key);
    const token = await sign(key);
    expect(verifier.principalOf(token)).toBeInstanceOf(Promise);
    await answer(verifier, token);
    expect(verifier.principalOf(token)).toEqual({ id: '7' });
  });

  it('is known until it expires and not a moment longer', async () => {
    const verifier = open(key);
    const exp = now() + 60;
    const token = await sign(key, { exp });
    await answer(verifier, token);
    vi.useFakeTimers({ toFake: ['Date'], now: exp * 1000 - 1 });
    expect(verifier.principalOf(token)).toEqual({ id: '7' });
    vi.setSystemTime(exp * 1000);
    await expect(answer(verifier, token)).rejects.toMatchObject(invalid);
  });

  it('is refused again when it was refused', async () => {
    const [verifier, token] = [open(nextKey), await sign(key)];
    for (const _ of ['once', 'twice']) await expect(answer(verifier, token)).rejects.toMatchObject(invalid);
  });
});
