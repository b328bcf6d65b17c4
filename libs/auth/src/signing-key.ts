import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { type Jwks, SigningKey } from './keys.js';
import { TOKEN_ALGORITHM } from './token-claims.js';

/** Makes a new key to sign tokens with. Its `kid` is its thumbprint (RFC 7638), so no two keys share one. */
export async function generateSigningKey(): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(TOKEN_ALGORITHM, { crv: 'Ed25519', extractable: true });
  const key = await exportJWK(privateKey);
  return SigningKey.parse({ ...key, kid: await calculateJwkThumbprint(key) });
}

/** What the rest of the system needs to check the tokens of these keys: their public halves. */
export function publicKeysOf(...keys: readonly SigningKey[]): Jwks {
  return { keys: keys.map(({ kty, crv, kid, x }) => ({ kty, crv, kid, x })) };
}
