import { generateSigningKey, publicKeysOf, Revocations, TokenVerifier } from '@tearline/auth';
import { decodeJwt } from 'jose';
import { expect, it } from 'vitest';
import type { IdentitySettings } from './identity.settings.js';
import { TokenSigner } from './token-signer.js';

const [key, otherKey] = await Promise.all([generateSigningKey(), generateSigningKey()]);
const settings = { IDENTITY_SIGNING_KEY: key, TOKEN_TTL_DAYS: 2 } as IdentitySettings;

it('signs tokens that are valid for TOKEN_TTL_DAYS', async () => {
  const verifier = new TokenVerifier(publicKeysOf(key), new Revocations());
  const signer = new TokenSigner(settings, verifier);
  await signer.onModuleInit();
  const token = await signer.sign(7, 0);
  const { iat, exp } = decodeJwt(token);
  expect(exp! - iat!).toBe(2 * 86_400);
  expect(await verifier.principalOf(token)).toMatchObject({ id: '7' });
});

it('fails the start when the hosts do not know its public key', async () => {
  const signer = new TokenSigner(settings, new TokenVerifier(publicKeysOf(otherKey), new Revocations()));
  await expect(signer.onModuleInit()).rejects.toThrow(
    'IDENTITY_SIGNING_KEY: AUTH_JWKS does not contain its public key; add it',
  );
});
