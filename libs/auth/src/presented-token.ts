import { SeamError } from '@tearline/seam';

const AUTHORIZATION = /^(?:token|bearer) +(\S+)$/i;

/** Ours take about 250 characters; what is far longer is not worth the hash. */
const MOST_CHARACTERS = 4096;

/**
 * The token in an `Authorization` header: `Token <jwt>` or `Bearer <jwt>`.
 * @throws SeamError token/is-invalid for anything else
 */
export function presentedToken(authorization: string): string {
  const token = AUTHORIZATION.exec(authorization)?.[1];
  if (token === undefined || token.length > MOST_CHARACTERS) throw new SeamError('token/is-invalid');
  return token;
}
