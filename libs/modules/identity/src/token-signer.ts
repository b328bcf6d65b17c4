import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { TOKEN_ALGORITHM, TOKEN_ISSUER, TokenVerifier } from '@tearline/auth';
import { importJWK, SignJWT } from 'jose';
import { IDENTITY_SETTINGS, type IdentitySettings } from './identity.settings.js';

/** Signs what `@tearline/auth` checks. */
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

  /** Better no start than tokens that nobody accepts. */
  async onModuleInit(): Promise<void> {
    try {
      await this.verifier.principalOf(await this.sign(1));
    } catch (cause) {
      throw new Error('IDENTITY_SIGNING_KEY: AUTH_JWKS lacks its public half', { cause });
    }
  }

  /** @returns a token that speaks for this user */
  async sign(userId: number): Promise<string> {
    return new SignJWT()
      .setProtectedHeader(this.#header)
      .setIssuer(TOKEN_ISSUER)
      .setSubject(`${userId}`)
      .setIssuedAt()
      .setExpirationTime(this.#lifetime)
      .sign(await this.#key);
  }
}
