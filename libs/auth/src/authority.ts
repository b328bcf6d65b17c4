/** A session that is open, as the module knows it that owns the users. */
export interface OpenSession {
  readonly userId: number;
  /** The generation of the user's credentials in which it began. */
  readonly generation: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** Milliseconds since 1970, unless it is used. */
  readonly expiresAt: number;
}

/** A user's credentials changed: what was issued in an earlier generation is revoked. */
export interface CredentialChange {
  readonly userId: number;
  readonly generation: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A place in the list of changes. */
export type ChangeCursor = Readonly<{ at: number; userId: number }>;

/** The port to the module that owns users and sessions: its contract's client, local or remote. */
export interface Authority {
  /** @param input.id the SHA-256 of the session's secret */
  session(input: { readonly id: string }): Promise<OpenSession | null>;
  /** Returns null for a user who does not exist. */
  credentials(input: { readonly userId: number }): Promise<{ readonly generation: number } | null>;
  /** Returns changes, oldest first, a page at a time; without `after`, those that still matter. */
  credentialChanges(input: { readonly after: ChangeCursor | null }): Promise<{
    readonly changes: readonly CredentialChange[];
    /** Where the next page begins; null on the last one. */
    readonly next: ChangeCursor | null;
    /** The database's time, in milliseconds since 1970. */
    readonly now: number;
  }>;
}

/** The port for messages to all processes that may be lost; `Broadcaster` of `@tearline/events` implements it. */
export interface Broadcaster {
  /** Sends a message at once. Resolves when the broker has it, or does not take it; never rejects. */
  publishNow(topic: string, message: unknown): Promise<void>;
  /** @returns a function that ends the subscription */
  subscribe(topic: string, listener: (message: unknown) => void): () => void;
  /**
   * Calls the listener whenever messages may have been lost.
   * @returns a function that ends the subscription
   */
  onMissed(listener: () => void): () => void;
}

export const AUTHORITY = Symbol('authority');
export const BROADCASTER = Symbol('broadcaster of revocations');
