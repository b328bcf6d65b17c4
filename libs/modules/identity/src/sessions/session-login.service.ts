import { Injectable } from '@nestjs/common';
import { csrfTokenOf, SessionCookies, sessionIdOf } from '@tearline/auth';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SessionBody } from './session.schemas.js';
import type { StoredSession } from './session-store.js';
import { UserSessions } from './user-sessions.service.js';

/** The session of a browser: its cookie, and what its pages may know of it. */
@Injectable()
export class SessionLogin {
  constructor(
    private readonly sessions: UserSessions,
    private readonly cookies: SessionCookies,
  ) {}

  /** Begins a session with a secret of its own, and sets its cookie in place of any other. The header `X-CSRF-Token` has its token. */
  async begin(
    userId: number,
    generation: number,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<SessionBody> {
    const { secret, session } = await this.sessions.begin(
      userId,
      generation,
      request.headers['user-agent'] ?? '',
    );
    this.cookies.set(request, reply, secret, this.sessions.maxAge);
    void reply.header('x-csrf-token', csrfTokenOf(secret));
    return this.#bodyOf(session, secret);
  }

  /** Ends the session that the browser had, of this user or another. */
  async endPrevious(request: FastifyRequest): Promise<void> {
    const id = this.idOf(request);
    const previous = id && (await this.sessions.find(id));
    if (id && previous) await this.sessions.end(previous.userId, [id]);
  }

  /** Returns the id of the request's session; undefined for a request with a token. */
  idOf(request: FastifyRequest): string | undefined {
    const secret = this.#secretOf(request);
    return secret && sessionIdOf(secret);
  }

  /** @throws SeamError session/not-found for a request with a token */
  async current(userId: number, request: FastifyRequest): Promise<SessionBody> {
    const secret = this.#secretOf(request);
    const session = await this.sessions.findOwn(userId, secret === undefined ? '' : sessionIdOf(secret));
    return this.#bodyOf(session, secret!);
  }

  /** Removes the cookie of the browser. */
  forget(request: FastifyRequest, reply: FastifyReply): void {
    this.cookies.clear(request, reply);
  }

  viewOf(session: StoredSession, current: boolean): SessionBody['session'] {
    const { id, userAgent, createdAt, lastUsedAt } = session;
    const time = (milliseconds: number) => new Date(milliseconds).toISOString();
    return {
      id,
      userAgent,
      createdAt: time(createdAt),
      lastUsedAt: time(lastUsedAt),
      expiresAt: time(this.sessions.expiryOf(session)),
      current,
    };
  }

  #bodyOf(session: StoredSession, secret: string): SessionBody {
    return { session: this.viewOf(session, true), csrfToken: csrfTokenOf(secret) };
  }

  #secretOf(request: FastifyRequest): string | undefined {
    return request.headers.authorization === undefined ? this.cookies.secretIn(request) : undefined;
  }
}
