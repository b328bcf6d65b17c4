import { LRUCache } from 'lru-cache';
import type { SessionStore, StoredSession } from './session-store.js';

/** Stores sessions in this process: others do not know them, and they end with it. For demonstrations. */
export class MemorySessionStore implements SessionStore {
  readonly #sessions = new LRUCache<string, StoredSession>({ max: 100_000 });

  async add(session: StoredSession): Promise<void> {
    this.#sessions.set(session.id, session);
  }

  async find(id: string): Promise<StoredSession | undefined> {
    return this.#sessions.get(id);
  }

  async touch({ id }: StoredSession, lastUsedAt: number): Promise<void> {
    const session = this.#sessions.get(id);
    if (session) this.#sessions.set(id, { ...session, lastUsedAt });
  }

  async list(userId: number): Promise<StoredSession[]> {
    return [...this.#sessions.values()].filter((session) => session.userId === userId);
  }

  async remove(_userId: number, ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#sessions.delete(id);
  }
}
