import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { type Jwks, SigningKey } from './keys.js';
import { TOKEN_ALGORITHM } from './token-claims.js';

/** Returns a new key to sign tokens with. Its `kid` is its thumbprint (RFC 7638) and so unique. */
export async function generateSigningKey(): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(TOKEN_ALGORITHM, { crv: 'Ed25519', extractable: true });
  const key = await exportJWK(privateKey);
  return SigningKey.parse({ ...key, kid: await calculateJwkThumbprint(key) });
}

/** Returns the public halves of keys, with which all hosts verify tokens. */
export function publicKeysOf(...keys: readonly SigningKey[]): Jwks {
  return { keys: keys.map(({ kty, crv, kid, x }) => ({ kty, crv, kid, x })) };
}
