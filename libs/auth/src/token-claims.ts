/** Who issues tokens: the `iss` of every one. */
export const TOKEN_ISSUER = 'tearline';

/** The one algorithm that tokens are signed with; a token's own word for it is not trusted. */
export const TOKEN_ALGORITHM = 'EdDSA';

/** What a token says. Whoever signs one gives all of it; whoever checks one insists on all of it. */
export interface TokenClaims {
  readonly iss: typeof TOKEN_ISSUER;
  /** The user's id, in decimal digits. */
  readonly sub: string;
  /** When it was issued, in seconds since 1970. */
  readonly iat: number;
  /** From when on it is worthless, in seconds since 1970. */
  readonly exp: number;
}
