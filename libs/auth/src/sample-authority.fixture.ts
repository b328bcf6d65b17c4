import { SeamError } from '@tearline/seam';
import type { Authority, Broadcaster, CredentialChange, OpenSession } from './authority.js';

/** An owner of users and sessions whose answers a test sets. */
export class SampleAuthority implements Authority {
  isAway = false;
  /** Calls by method. */
  readonly calls = { session: 0, credentials: 0, credentialChanges: 0 };
  readonly sessions = new Map<string, OpenSession>();
  readonly changes: CredentialChange[] = [];
  pageSize = 1_000;

  async session({ id }: { id: string }) {
    this.#answer('session');
    return this.sessions.get(id) ?? null;
  }

  async credentials({ userId }: { userId: number }) {
    this.#answer('credentials');
    const change = this.changes.findLast((each) => each.userId === userId);
    return { generation: change?.generation ?? 0 };
  }

  async credentialChanges({ after }: Parameters<Authority['credentialChanges']>[0]) {
    this.#answer('credentialChanges');
    const { at, userId } = after ?? { at: -1, userId: 0 };
    const rest = this.changes.filter((each) => each.at > at || (each.at === at && each.userId > userId));
    const changes = rest.slice(0, this.pageSize);
    const last = changes.at(-1);
    const next = last && changes.length < rest.length ? { at: last.at, userId: last.userId } : null;
    return { changes, next, now: Date.now() };
  }

  #answer(method: keyof SampleAuthority['calls']): void {
    this.calls[method] += 1;
    if (this.isAway) throw new SeamError('unavailable');
  }
}

/** Carries messages between the parts of a test, unless they are to be lost. */
export class SampleBroadcaster implements Broadcaster {
  isLossy = false;
  readonly #listeners = new Set<(message: unknown) => void>();
  readonly #onMissed = new Set<() => void>();

  async publishNow(_topic: string, message: unknown): Promise<void> {
    if (!this.isLossy) for (const listener of this.#listeners) listener(message);
  }

  subscribe(_topic: string, listener: (message: unknown) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  onMissed(listener: () => void): () => void {
    this.#onMissed.add(listener);
    return () => void this.#onMissed.delete(listener);
  }

  announceLoss(): void {
    for (const listener of this.#onMissed) listener();
  }
}
