import { Inject, Injectable } from '@nestjs/common';
import { type Principal, SeamError } from '@tearline/seam';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import type { Jwks } from './keys.js';
import { Revocations } from './revocations.js';
import { TOKEN_ALGORITHM, TOKEN_ISSUER, type TokenClaims } from './token-claims.js';

export const JWKS = Symbol('jwks');

interface Verified {
  readonly principal: Principal;
  readonly userId: number;
  readonly generation: number;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
  /** Of the revocations by which it was found to be current. */
  readonly epoch: number;
}

/** Verifies tokens with public keys, and that they are not revoked. A verified token is cached until it expires. */
@Injectable()
export class TokenVerifier {
  // Invalid tokens are not cached: they would evict valid ones.
  readonly #verified = new LRUCache<string, Verified>({ max: 10_000 });
  readonly #keys: ReturnType<typeof createLocalJWKSet>;

  constructor(
    @Inject(JWKS) jwks: Jwks,
    private readonly revocations: Revocations,
  ) {
    this.#keys = createLocalJWKSet(jwks);
  }

  /**
   * Returns the principal of a token; synchronously when the token is cached.
   * @throws SeamError token/is-invalid
   */
  principalOf(token: string): Principal | Promise<Principal> {
    const verified = this.#verified.get(token);
    return verified !== undefined && this.#isValid(verified) ? verified.principal : this.#verify(token);
  }

  /** Returns the claims of a token with a valid signature, revoked or not. @throws SeamError token/is-invalid */
  async claimsOf(token: string): Promise<TokenClaims> {
    try {
      const { payload } = await jwtVerify<TokenClaims>(token, this.#keys, {
        algorithms: [TOKEN_ALGORITHM],
        issuer: TOKEN_ISSUER,
        requiredClaims: ['sub', 'iat', 'exp'],
      });
      return payload;
    } catch (cause) {
      throw new SeamError('token/is-invalid', { cause });
    }
  }

  #isValid({ userId, generation, expiresAt, epoch }: Verified): boolean {
    return (
      expiresAt > Date.now() &&
      epoch === this.revocations.epoch &&
      !this.revocations.isRevoked(userId, generation)
    );
  }

  async #verify(token: string): Promise<Principal> {
    const { epoch } = this.revocations;
    const { sub, iat, exp, gen: generation = 0 } = await this.claimsOf(token);
    if (!isUserId(sub) || !Number.isSafeInteger(generation)) throw new SeamError('token/is-invalid');
    const userId = Number(sub);
    if (!(await this.revocations.isCurrent(userId, generation, iat * 1000)))
      throw new SeamError('token/is-invalid');
    const principal: Principal = Object.freeze({ id: sub });
    this.#verified.set(token, { principal, userId, generation, expiresAt: exp * 1000, epoch });
    return principal;
  }
}

function isUserId(sub: string | undefined): sub is string {
  return sub !== undefined && /^[1-9]\d*$/.test(sub) && Number.isSafeInteger(Number(sub));
}
