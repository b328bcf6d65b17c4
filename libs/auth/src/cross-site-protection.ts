import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { SeamError } from '@tearline/seam';
import type { FastifyRequest } from 'fastify';
import { csrfTokenOf } from './session-cookies.js';

export const TRUSTED_ORIGINS = Symbol('trusted origins');

type Request = Pick<FastifyRequest, 'headers' | 'protocol' | 'host'>;

/** Rejects writes that a page of another site makes a browser send with the user's cookie. */
@Injectable()
export class CrossSiteProtection {
  readonly #origins: ReadonlySet<string>;

  /** @param origins whose pages may call with cookies, beside the pages of the request's own host */
  constructor(@Inject(TRUSTED_ORIGINS) origins: readonly string[]) {
    this.#origins = new Set(origins);
  }

  /** @throws SeamError origin/forbidden, csrf-token/forbidden */
  check(request: Request, secret: string): void {
    this.checkOrigin(request);
    const given = Buffer.from(String(request.headers['x-csrf-token'] ?? ''));
    const expected = Buffer.from(csrfTokenOf(secret));
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      throw new SeamError('csrf-token/forbidden');
  }

  /** Browsers set these headers, and no page can change them; other clients send none. @throws SeamError origin/forbidden */
  checkOrigin({ headers, protocol, host }: Request): void {
    const { origin, 'sec-fetch-site': site } = headers;
    if (origin !== undefined && this.#origins.has(origin)) return;
    const isOurs =
      site !== undefined
        ? site === 'same-origin' || site === 'none'
        : origin === undefined || origin === `${protocol}://${host}`;
    if (!isOurs) throw new SeamError('origin/forbidden');
  }
}
