import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { currentCall, type Principal, SeamError } from '@tearline/seam';
import type { IncomingMessage } from 'node:http';
import { presentedToken } from './presented-token.js';
import { TokenVerifier } from './token-verifier.js';

/** Lets nobody pass without a valid token, and tells the call who it is. */
@Injectable()
export class TokenGuard implements CanActivate {
  constructor(private readonly tokens: TokenVerifier) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const { authorization } = context.switchToHttp().getRequest<Pick<IncomingMessage, 'headers'>>().headers;
    if (authorization === undefined) return this.withoutToken();
    const principal = this.tokens.principalOf(presentedToken(authorization));
    return principal instanceof Promise ? principal.then(admit) : admit(principal);
  }

  protected withoutToken(): boolean {
    throw new SeamError('token/is-missing');
  }
}

/** Lets pass who presents a valid token or none at all. */
@Injectable()
export class OptionalTokenGuard extends TokenGuard {
  protected override withoutToken(): boolean {
    return true;
  }
}

function admit(principal: Principal): true {
  const call = currentCall();
  if (call === undefined)
    throw new Error('a token was presented outside of a call; does the host start one for each request?');
  call.principal = principal;
  return true;
}
