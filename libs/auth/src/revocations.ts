import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  Optional,
} from '@nestjs/common';
import { isSeamError, PeriodicTask } from '@tearline/seam';
import { z } from 'zod';
import { type Authority, AUTHORITY, type Broadcaster, BROADCASTER, type ChangeCursor } from './authority.js';
import { RevocationList } from './revocation-list.js';

const TOPIC = 'identity';
const CATCH_UP_INTERVAL_MS = 5_000;
const RETRY_INTERVAL_MS = 500;
/** Longer than a transaction that changes credentials: changes become visible out of order. */
const OVERLAP_MS = 60_000;
const PUBLISH_TIMEOUT_MS = 500;

const Revocation = z.object({
  userId: z.int().positive(),
  /** Of the user's credentials: earlier ones are revoked. */
  generation: z.int().nonnegative().optional(),
  /** The ids of sessions that ended. */
  sessions: z.array(z.string().max(64)).optional(),
});
export type Revocation = z.infer<typeof Revocation>;

/**
 * What this process knows of revoked tokens and sessions. Broadcasts announce revocations at once, and every five seconds the
 * process asks for those whose broadcast was lost.
 */
@Injectable()
export class Revocations implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #log = new Logger(Revocations.name);
  readonly #list = new RevocationList();
  readonly #listeners = new Set<(revocation: Revocation) => void>();
  readonly #missedListeners = new Set<() => void>();
  readonly #catchUps = new PeriodicTask('catch-up of revoked credentials', CATCH_UP_INTERVAL_MS, () =>
    this.#catchUp(),
  );
  #subscriptions: (() => void)[] = [];
  #after: ChangeCursor | null = null;
  #isFailing = false;

  /** @param authority without it nothing is ever revoked */
  constructor(
    @Optional() @Inject(AUTHORITY) private readonly authority?: Authority,
    @Optional() @Inject(BROADCASTER) private readonly broadcaster?: Broadcaster,
  ) {
    if (!authority) this.#list.setComplete();
  }

  /** Increases when everything that was decided before must be decided again. */
  get epoch(): number {
    return this.#list.epoch;
  }

  onApplicationBootstrap(): void {
    const { broadcaster } = this;
    if (broadcaster)
      this.#subscriptions = [
        broadcaster.subscribe(TOPIC, (message) => this.#receive(message)),
        broadcaster.onMissed(() => this.#onMissed()),
      ];
    if (!this.authority) return;
    this.#catchUps.start();
    this.#catchUps.runWithin(0);
  }

  async onModuleDestroy(): Promise<void> {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    await this.#catchUps.stop();
  }

  /** Returns whether a known change revokes what was issued for these credentials. */
  isRevoked(userId: number, generation: number): boolean {
    return this.#list.isRevoked(userId, generation);
  }

  /**
   * Returns whether a token or session was issued for the present credentials of its user. Asks the owner of the users only while
   * the list does not reach back that far: just after the start, or for a very old token.
   * @param issuedAt milliseconds since 1970
   * @throws SeamError `unavailable` when it has to ask, and gets no answer
   */
  isCurrent(userId: number, generation: number, issuedAt: number): boolean | Promise<boolean> {
    return this.#list.isCurrent(userId, generation, issuedAt) ?? this.#ask(userId, generation);
  }

  /** Tells all processes of a revocation. Resolves when the broker has it, or after half a second. */
  async announce(revocation: Revocation): Promise<void> {
    this.#apply(revocation);
    const timeout = Promise.withResolvers<void>();
    const timer = setTimeout(timeout.resolve, PUBLISH_TIMEOUT_MS);
    await Promise.race([this.broadcaster?.publishNow(TOPIC, revocation), timeout.promise]);
    clearTimeout(timer);
  }

  /** @returns a function that ends the subscription */
  onRevoked(listener: (revocation: Revocation) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Calls the listener whenever revocations may have been missed. */
  onMissed(listener: () => void): () => void {
    this.#missedListeners.add(listener);
    return () => void this.#missedListeners.delete(listener);
  }

  async #ask(userId: number, generation: number): Promise<boolean> {
    try {
      const credentials = await this.authority!.credentials({ userId });
      return credentials !== null && generation >= credentials.generation;
    } catch (error) {
      // A host of the previous release, which revokes nothing, during an update.
      if (isSeamError(error, 'incompatible')) return true;
      throw error;
    }
  }

  #receive(message: unknown): void {
    const { data } = Revocation.safeParse(message);
    if (data) this.#apply(data);
  }

  #apply(revocation: Revocation): void {
    const { userId, generation, sessions } = revocation;
    const isNew = generation !== undefined && this.#list.add({ userId, generation, at: Date.now() });
    if (isNew || sessions) for (const listener of this.#listeners) listener(revocation);
  }

  #onMissed(): void {
    for (const listener of this.#missedListeners) listener();
    this.#catchUps.runWithin(0);
  }

  async #catchUp(): Promise<void> {
    try {
      let after = this.#after;
      let startedAt: number | undefined;
      do {
        const page = await this.authority!.credentialChanges({ after });
        startedAt ??= page.now;
        for (const { userId, generation, at } of page.changes)
          if (this.#list.add({ userId, generation, at }))
            for (const listener of this.#listeners) listener({ userId, generation });
        after = page.next;
      } while (after !== null);
      this.#after = { at: startedAt - OVERLAP_MS, userId: 0 };
      this.#list.setComplete();
      if (this.#isFailing) this.#log.log('revoked credentials are known again');
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#log.warn({ err: error }, 'revoked credentials cannot be read; retrying');
      this.#isFailing = true;
      this.#catchUps.runWithin(RETRY_INTERVAL_MS);
    }
  }
}
