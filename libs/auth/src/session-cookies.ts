import { createHash, createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';

export const SECURE_COOKIES = Symbol('secure cookies');

/** `auto`: for requests that came over TLS. */
export type SecureCookies = 'on' | 'off' | 'auto';

const NAME = 'session';
/** Browsers take a cookie of this name only over TLS, for this very host and for all paths, so no neighbour can set it. */
const SECURE_NAME = '__Host-session';
/** 32 random bytes in base64url. */
const SECRET = /^[\w-]{43}$/;

type Request = Pick<FastifyRequest, 'headers' | 'protocol'>;

/** Reads and sets the cookie that holds the secret of a session. */
@Injectable()
export class SessionCookies {
  constructor(@Inject(SECURE_COOKIES) private readonly secure: SecureCookies) {}

  /** Returns the secret in a request's cookie; undefined without one, or with one that cannot be valid. */
  secretIn(request: Request): string | undefined {
    const { cookie } = request.headers;
    if (cookie === undefined) return undefined;
    const secret = parseCookie(cookie)[this.#nameFor(request)];
    return secret !== undefined && SECRET.test(secret) ? secret : undefined;
  }

  /** @param maxAge in seconds */
  set(request: Request, reply: FastifyReply, secret: string, maxAge: number): void {
    const name = this.#nameFor(request);
    const cookie = {
      name,
      value: secret,
      maxAge,
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: name === SECURE_NAME,
    } as const;
    void reply.header('set-cookie', stringifySetCookie(cookie)).header('cache-control', 'no-store');
  }

  clear(request: Request, reply: FastifyReply): void {
    this.set(request, reply, '', 0);
  }

  #nameFor({ protocol }: Request): string {
    const isSecure = this.secure === 'auto' ? protocol === 'https' : this.secure === 'on';
    return isSecure ? SECURE_NAME : NAME;
  }
}

/** Returns the id of a session: it names the session in stores, lists and calls, and opens nothing. */
export const sessionIdOf = (secret: string): string =>
  createHash('sha256').update(secret).digest('base64url');

/** Returns the CSRF token of a session. Only who knows the session's secret can compute it, and it does not tell the secret. */
export const csrfTokenOf = (secret: string): string =>
  createHmac('sha256', secret).update('csrf').digest('base64url');
