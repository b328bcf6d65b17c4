import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { currentCall, type Principal, SeamError } from '@tearline/seam';
import type { FastifyRequest } from 'fastify';
import { CrossSiteProtection } from './cross-site-protection.js';
import { SessionCookies } from './session-cookies.js';
import { SessionVerifier } from './session-verifier.js';
import { TokenVerifier } from './token-verifier.js';
import { isRead, WriteLimit } from './write-limit.js';

const AUTHORIZATION = /^(?:token|bearer) +(\S+)$/i;

/** Tokens of this application have about 250 characters; longer ones are not worth hashing. */
const MAX_TOKEN_LENGTH = 4096;

/**
 * Rejects requests without a valid token or session, writes with a session's cookie that another site may have caused, and too
 * many writes of one user. Sets the principal of the call. A token takes precedence over a cookie.
 */
@Injectable()
export class AuthenticationGuard implements CanActivate {
  constructor(
    private readonly tokens: TokenVerifier,
    private readonly cookies: SessionCookies,
    private readonly sessions: SessionVerifier,
    private readonly crossSite: CrossSiteProtection,
    private readonly writes: WriteLimit,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { authorization } = request.headers;
    if (authorization !== undefined) {
      const principal = this.tokens.principalOf(tokenIn(authorization));
      return principal instanceof Promise
        ? principal.then((it) => this.#accept(it, request))
        : this.#accept(principal, request);
    }
    const secret = this.cookies.secretIn(request);
    if (secret === undefined) return this.withoutCredentials();
    const principal = this.sessions.principalOf(secret);
    return principal instanceof Promise
      ? principal.then((it) => this.#acceptSession(it, request, secret))
      : this.#acceptSession(principal, request, secret);
  }

  protected withoutCredentials(): boolean {
    throw new SeamError('token/is-missing');
  }

  protected withoutSession(): boolean {
    throw new SeamError('session/is-invalid');
  }

  #acceptSession(principal: Principal | undefined, request: FastifyRequest, secret: string): boolean {
    if (!principal) return this.withoutSession();
    if (!isRead(request.method)) this.crossSite.check(request, secret);
    return this.#accept(principal, request);
  }

  #accept(principal: Principal, { method }: FastifyRequest): true {
    this.writes.count(principal, method);
    const call = currentCall();
    if (call === undefined)
      throw new Error('no current call: the host must start one for each request before guards run');
    call.principal = principal;
    return true;
  }
}

/** Accepts requests without credentials, too. A session that has ended counts as none: a page cannot remove its cookie. */
@Injectable()
export class OptionalAuthenticationGuard extends AuthenticationGuard {
  protected override withoutCredentials(): boolean {
    return true;
  }

  protected override withoutSession(): boolean {
    return true;
  }
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
