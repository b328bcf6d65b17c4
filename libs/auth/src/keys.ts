import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { z } from 'zod';
import { TOKEN_ALGORITHM } from './token-claims.js';

const base64url32 = z.string().regex(/^[\w-]{43}$/, 'must be 32 bytes in base64url');

const PublicKey = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string().min(1),
  x: base64url32,
  d: z.undefined('must be absent: expected a public key, got a private one').optional(),
});

/** The public keys that verify tokens: a JWKS of Ed25519 keys, each with a `kid`; two during a rotation. */
export const Jwks = z.object({
  keys: z
    .array(PublicKey)
    .min(1)
    .refine(
      (keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length,
      'must have a different kid for each key',
    ),
});
export type Jwks = z.infer<typeof Jwks>;

/** The private key that identity signs tokens with: an Ed25519 JWK with a `kid`. */
export const SigningKey = PublicKey.extend({ d: base64url32 });
export type SigningKey = z.infer<typeof SigningKey>;

/** Schema of an environment variable that holds a JWKS, e.g. `AUTH_JWKS`. */
export const jwksSetting = json().pipe(Jwks).meta({
  description: 'public keys that verify tokens, a JWKS',
  defaultText: 'generated in development',
  assigned: true,
  // Public, but long, and easily confused with the private key.
  secret: true,
});

/** Schema of an environment variable that holds a private JWK, e.g. `IDENTITY_SIGNING_KEY`. */
export const signingKeySetting = json().pipe(SigningKey);

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

function json() {
  return z.string({ error: 'expected JSON' }).transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      // Without JSON.parse's message, which quotes the text: it may be a private key.
      context.addIssue('expected JSON');
      return z.NEVER;
    }
  });
}
