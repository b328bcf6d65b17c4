import { randomBytes } from 'node:crypto';
import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { type OpenSession, Revocations, sessionIdOf } from '@tearline/auth';
import { PeriodicTask, SeamError } from '@tearline/seam';
import { IDENTITY_SETTINGS, type IdentitySettings, lifetimesOf } from '../identity.settings.js';
import { expiryOf, SESSION_STORE, type SessionStore, type StoredSession } from './session-store.js';

const SECRET_BYTES = 32;
const MAX_USER_AGENT = 256;
const MAX_TOUCH_INTERVAL_MS = 60_000;
const PRUNE_INTERVAL_MS = 60 * 60_000;

/** Begins, finds, lists and ends the sessions of users. */
@Injectable()
export class UserSessions implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #log = new Logger(UserSessions.name);
  readonly #lifetimes;
  readonly #max: number;
  readonly #pruning = new PeriodicTask('deletion of expired sessions', PRUNE_INTERVAL_MS, async () =>
    this.store.prune?.(Date.now()),
  );

  constructor(
    @Inject(SESSION_STORE) private readonly store: SessionStore,
    @Inject(IDENTITY_SETTINGS) settings: IdentitySettings,
    private readonly revocations: Revocations,
  ) {
    this.#lifetimes = lifetimesOf(settings);
    this.#max = settings.SESSIONS_PER_USER;
  }

  onApplicationBootstrap(): void {
    this.#pruning.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#pruning.stop();
    this.store.close?.();
  }

  /** Seconds after the login at which a session ends in any case. */
  get maxAge(): number {
    return Math.floor(this.#lifetimes.absolute / 1000);
  }

  /**
   * Begins a session with a new secret, whatever the client sent before. The oldest sessions of a user beyond the maximum end.
   * @param generation of the user's credentials
   */
  async begin(
    userId: number,
    generation: number,
    userAgent: string,
  ): Promise<{ secret: string; session: StoredSession }> {
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const now = Date.now();
    const session: StoredSession = {
      id: sessionIdOf(secret),
      userId,
      generation,
      userAgent: userAgent.slice(0, MAX_USER_AGENT),
      createdAt: now,
      lastUsedAt: now,
    };
    await this.store.add(session);
    const others = (await this.list(userId)).filter(({ id }) => id !== session.id);
    const surplus = others.slice(this.#max - 1).map(({ id }) => id);
    if (surplus.length > 0) await this.end(userId, surplus);
    return { secret, session };
  }

  /** Returns an open session. Its idle time begins anew. */
  async find(id: string): Promise<OpenSession | undefined> {
    const session = await this.store.find(id);
    const now = Date.now();
    if (!session || this.expiryOf(session) <= now) return undefined;
    const { userId, generation, createdAt, lastUsedAt } = session;
    const interval = Math.min(MAX_TOUCH_INTERVAL_MS, this.#lifetimes.idle / 10);
    const isTouched = now - lastUsedAt >= interval;
    if (isTouched)
      await this.store
        .touch(session, now)
        .catch((error: unknown) => this.#log.warn({ err: error }, 'the use of a session was not stored'));
    const expiresAt = this.expiryOf({ createdAt, lastUsedAt: isTouched ? now : lastUsedAt });
    return { userId, generation, createdAt, expiresAt };
  }

  /** Returns a user's open sessions, the latest first. */
  async list(userId: number): Promise<StoredSession[]> {
    const sessions = await this.store.list(userId);
    const now = Date.now();
    return sessions
      .filter((session) => this.expiryOf(session) > now)
      .toSorted((one, other) => other.createdAt - one.createdAt);
  }

  /** @throws SeamError session/not-found */
  async findOwn(userId: number, id: string): Promise<StoredSession> {
    const session = await this.store.find(id);
    if (!session || session.userId !== userId || this.expiryOf(session) <= Date.now())
      throw new SeamError('session/not-found');
    return session;
  }

  /** Ends sessions of a user, in all processes. */
  async end(userId: number, ids: readonly string[]): Promise<void> {
    await this.store.remove(userId, ids);
    await this.revocations.announce({ userId, sessions: [...ids] });
  }

  /** Removes the sessions that a change of the user's credentials has ended. */
  async removeEnded(userId: number, generation: number): Promise<void> {
    const sessions = await this.store.list(userId);
    const ended = sessions.filter((session) => session.generation < generation).map(({ id }) => id);
    await this.store.remove(userId, ended);
  }

  expiryOf(session: Pick<StoredSession, 'createdAt' | 'lastUsedAt'>): number {
    return expiryOf(session, this.#lifetimes);
  }
}
