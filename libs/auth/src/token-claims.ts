/** The issuer (`iss`) of all tokens. */
export const TOKEN_ISSUER = 'tearline';

/** The only accepted signature algorithm, whatever a token's header says. */
export const TOKEN_ALGORITHM = 'EdDSA';

/** The claims of a token, all of them required but the last. */
export interface TokenClaims {
  readonly iss: typeof TOKEN_ISSUER;
  /** The user's id, in decimal digits. */
  readonly sub: string;
  /** Time of issue, in seconds since 1970. */
  readonly iat: number;
  /** Time of expiry, in seconds since 1970. */
  readonly exp: number;
  /** The generation of the user's credentials that it was issued for; without it, the first, 0. */
  readonly gen?: number;
}
