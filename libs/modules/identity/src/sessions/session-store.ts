/** A session as it is stored. */
export interface StoredSession {
  /** The SHA-256 of the secret in the user's cookie, in base64url. The secret itself is stored nowhere. */
  readonly id: string;
  readonly userId: number;
  /** The generation of the user's credentials in which it began. */
  readonly generation: number;
  readonly userAgent: string;
  /** Milliseconds since 1970, as all times here. */
  readonly createdAt: number;
  readonly lastUsedAt: number;
}

/** When sessions end without a logout, in milliseconds. */
export interface SessionLifetimes {
  /** After the login. */
  readonly absolute: number;
  /** After the last use. */
  readonly idle: number;
}

/** Returns when a session ends unless it is used. */
export const expiryOf = (
  { createdAt, lastUsedAt }: Pick<StoredSession, 'createdAt' | 'lastUsedAt'>,
  { absolute, idle }: SessionLifetimes,
): number => Math.min(createdAt + absolute, lastUsedAt + idle);

/**
 * Stores sessions. It may return sessions that have expired: its caller checks. Each operation is atomic, so that a session that
 * was removed stays so.
 */
export interface SessionStore {
  add(session: StoredSession): Promise<void>;
  find(id: string): Promise<StoredSession | undefined>;
  /** Sets the time of the last use, if the session is there. */
  touch(session: StoredSession, lastUsedAt: number): Promise<void>;
  /** Returns the sessions of a user, in no particular order. */
  list(userId: number): Promise<StoredSession[]>;
  remove(userId: number, ids: readonly string[]): Promise<void>;
  /** Removes those that have expired, where the store does not do that by itself. */
  prune?(now: number): Promise<void>;
  close?(): void;
}

export const SESSION_STORE = Symbol('session store');
