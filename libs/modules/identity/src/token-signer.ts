import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { TOKEN_ALGORITHM, TOKEN_ISSUER, TokenVerifier } from '@tearline/auth';
import { importJWK, SignJWT } from 'jose';
import { IDENTITY_SETTINGS, type IdentitySettings } from './identity.settings.js';

/** Signs the tokens that `@tearline/auth` verifies. */
@Injectable()
export class TokenSigner implements OnModuleInit {
  readonly #key: ReturnType<typeof importJWK>;
  readonly #header: { alg: string; kid: string };
  readonly #lifetime: string;

  constructor(
    @Inject(IDENTITY_SETTINGS) { IDENTITY_SIGNING_KEY: key, TOKEN_TTL_DAYS: days }: IdentitySettings,
    private readonly verifier: TokenVerifier,
  ) {
    this.#key = importJWK(key, TOKEN_ALGORITHM);
    this.#header = { alg: TOKEN_ALGORITHM, kid: key.kid };
    this.#lifetime = `${days} days`;
  }

  /** Fails the start when the public keys do not include the signing key's. */
  async onModuleInit(): Promise<void> {
    try {
      await this.verifier.claimsOf(await this.sign(1, 0));
    } catch (cause) {
      throw new Error('IDENTITY_SIGNING_KEY: AUTH_JWKS does not contain its public key; add it', { cause });
    }
  }

  /**
   * Returns a token for the user.
   * @param generation of the user's credentials; the token is revoked when they change
   */
  async sign(userId: number, generation: number): Promise<string> {
    return new SignJWT({ gen: generation })
      .setProtectedHeader(this.#header)
      .setIssuer(TOKEN_ISSUER)
      .setSubject(`${userId}`)
      .setIssuedAt()
      .setExpirationTime(this.#lifetime)
      .sign(await this.#key);
  }
}
