import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { currentCall, type Principal, SeamError } from '@tearline/seam';
import type { IncomingMessage } from 'node:http';
import { TokenVerifier } from './token-verifier.js';

const AUTHORIZATION = /^(?:token|bearer) +(\S+)$/i;

/** Tokens of this application have about 250 characters; longer ones are not worth hashing. */
const MAX_TOKEN_LENGTH = 4096;

/** Rejects requests without a valid token, and sets the principal of the call. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(private readonly tokens: TokenVerifier) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const { authorization } = context.switchToHttp().getRequest<Pick<IncomingMessage, 'headers'>>().headers;
    if (authorization === undefined) return this.withoutToken();
    const principal = this.tokens.principalOf(tokenIn(authorization));
    return principal instanceof Promise ? principal.then(setPrincipal) : setPrincipal(principal);
  }

  protected withoutToken(): boolean {
    throw new SeamError('token/is-missing');
  }
}

/** Accepts requests without a token, too. */
@Injectable()
export class OptionalTokenGuard extends TokenGuard {
  protected override withoutToken(): boolean {
    return true;
  }
}

function setPrincipal(principal: Principal): true {
  const call = currentCall();
  if (call === undefined)
    throw new Error('no current call: the host must start one for each request before guards run');
  call.principal = principal;
  return true;
}

/**
 * Returns the token in an `Authorization` header: `Token <jwt>` or `Bearer <jwt>`.
 * @throws SeamError token/is-invalid for any other header
 */
export function tokenIn(authorization: string): string {
  const token = AUTHORIZATION.exec(authorization)?.[1];
  if (token === undefined || token.length > MAX_TOKEN_LENGTH) throw new SeamError('token/is-invalid');
  return token;
}
