import { Inject, Injectable } from '@nestjs/common';
import { type Principal, SeamError } from '@tearline/seam';
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Jwks } from './keys.js';
import { TOKEN_ALGORITHM, TOKEN_ISSUER } from './token-claims.js';

export const JWKS = Symbol('jwks');

interface Verified {
  readonly principal: Principal;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Verifies tokens with public keys. A verified token is cached until it expires. */
@Injectable()
export class TokenVerifier {
  // Invalid tokens are not cached: they would evict valid ones.
  readonly #verified = new LRUCache<string, Verified>({ max: 10_000 });
  readonly #keys: ReturnType<typeof createLocalJWKSet>;

  constructor(@Inject(JWKS) jwks: Jwks) {
    this.#keys = createLocalJWKSet(jwks);
  }

  /**
   * Returns the principal of a token; synchronously when the token is cached.
   * @throws SeamError token/is-invalid
   */
  principalOf(token: string): Principal | Promise<Principal> {
    const verified = this.#verified.get(token);
    if (verified !== undefined && verified.expiresAt > Date.now()) return verified.principal;
    return this.#verify(token);
  }

  async #verify(token: string): Promise<Principal> {
    const { sub, exp } = await this.#claimsOf(token);
    if (!isUserId(sub)) throw new SeamError('token/is-invalid');
    const principal: Principal = Object.freeze({ id: sub });
    this.#verified.set(token, { principal, expiresAt: exp! * 1000 });
    return principal;
  }

  async #claimsOf(token: string): Promise<JWTPayload> {
    try {
      const { payload } = await jwtVerify(token, this.#keys, {
        algorithms: [TOKEN_ALGORITHM],
        issuer: TOKEN_ISSUER,
        requiredClaims: ['sub', 'iat', 'exp'],
      });
      return payload;
    } catch (cause) {
      throw new SeamError('token/is-invalid', { cause });
    }
  }
}

function isUserId(sub: string | undefined): sub is string {
  return sub !== undefined && /^[1-9]\d*$/.test(sub) && Number.isSafeInteger(Number(sub));
}
