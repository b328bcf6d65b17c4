import {
  Inject,
  Injectable,
  Logger,
  type OnModuleDestroy,
  type OnModuleInit,
  Optional,
} from '@nestjs/common';
import { Revocations } from '@tearline/auth';
import { Broadcaster } from '@tearline/events';
import { HostShutdown } from '@tearline/host';
import { runOutsideCall, SeamError } from '@tearline/seam';
import { Counter, Gauge, Registry } from 'prom-client';
import { type ChangedUsers, TOPIC } from '../inbox/inbox-changes.js';
import { NOTIFICATIONS_SETTINGS, type NotificationsSettings } from '../notifications.settings.js';
import { EventStream, HEARTBEAT } from './event-stream.js';
import { StreamFeed } from './stream-feed.js';
import { streamLimit } from './stream-limit.js';

const MAX_PER_USER = 10;
/** Bounds the delay after a lost broadcast. */
const POLL_INTERVAL_MS = 1_500;
/** Less than the read timeout of a proxy: nginx has 30 seconds. */
const HEARTBEAT_INTERVAL_MS = 5_000;
/** Streams get their heartbeats in so many groups, one after the other: all at once would hold up requests. */
const HEARTBEAT_GROUPS = 50;
const STALL_TIMEOUT_MS = 15_000;

/** The open streams of this process. Broadcasts name the users who have news; a periodic poll finds what a lost broadcast would have named. */
@Injectable()
export class StreamHub implements OnModuleInit, OnModuleDestroy {
  readonly #log = new Logger(StreamHub.name);
  readonly #streams = new Map<number, Set<EventStream>>();
  /** The same streams. The first group is the next to get heartbeats. */
  readonly #groups = Array.from({ length: HEARTBEAT_GROUPS }, () => new Set<EventStream>());
  #opened = 0;
  /** Users whose streams may lack changes. */
  readonly #due = new Set<number>();
  readonly #dropped: Counter | undefined;
  readonly #max: number;
  #count = 0;
  #feeding: Promise<void> | undefined;
  #isFailing = false;
  #cleanups: (() => void)[] = [];
  /** Of the polls and the heartbeats, while there are streams. */
  #timers: NodeJS.Timeout[] = [];

  constructor(
    @Inject(NOTIFICATIONS_SETTINGS) { STREAMS_MAX }: NotificationsSettings,
    private readonly feed: StreamFeed,
    private readonly broadcaster: Broadcaster,
    private readonly closing: HostShutdown,
    private readonly revocations: Revocations,
    @Optional() registry?: Registry,
  ) {
    this.#max = streamLimit(STREAMS_MAX);
    if (STREAMS_MAX !== undefined && STREAMS_MAX > this.#max)
      this.#log.warn(
        `STREAMS_MAX: this process serves ${this.#max} streams at most, got ${STREAMS_MAX}; give it more memory or open files`,
      );
    if (registry) this.#dropped = this.measure(registry);
  }

  onModuleInit(): void {
    this.#cleanups = [
      () => this.stopTimers(),
      this.broadcaster.subscribe(TOPIC, (users) => this.onBroadcast(users as ChangedUsers)),
      this.closing.onShutdown(() => this.endAll()),
      this.revocations.onRevoked(({ userId }) => this.endOf(userId)),
    ];
  }

  async onModuleDestroy(): Promise<void> {
    for (const cleanup of this.#cleanups) cleanup();
    this.endAll();
    await this.#feeding;
  }

  /**
   * Opens a stream of the changes from now on, or after the sequence number `since`.
   * @throws SeamError `stream/too-many` for a user who has ten already, `unavailable` when the process has enough
   */
  open(userId: number, since: number | undefined): EventStream {
    const streams = this.#streams.get(userId) ?? new Set();
    if (streams.size >= MAX_PER_USER) throw new SeamError('stream/too-many', { data: { retryAfter: 30 } });
    if (this.#count >= this.#max) throw new SeamError('unavailable');
    const stream = new EventStream(userId, since, () => this.wake(userId));
    if (this.closing.isShuttingDown) {
      stream.end();
      return stream;
    }
    this.#streams.set(userId, streams.add(stream));
    this.#count += 1;
    this.#opened += 1;
    if (this.#count === 1) this.startTimers();
    const group = this.#groups[this.#opened % HEARTBEAT_GROUPS]!.add(stream);
    stream.once('close', () => {
      this.#count -= 1;
      if (this.#count === 0) this.stopTimers();
      group.delete(stream);
      streams.delete(stream);
      if (streams.size === 0) this.#streams.delete(userId);
    });
    this.wake(userId);
    return stream;
  }

  private startTimers(): void {
    const heartbeats = HEARTBEAT_INTERVAL_MS / HEARTBEAT_GROUPS;
    this.#timers = runOutsideCall(() => [
      setInterval(() => this.poll(), POLL_INTERVAL_MS).unref(),
      setInterval(() => this.sendHeartbeats(), heartbeats).unref(),
    ]);
  }

  private stopTimers(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  private onBroadcast(users: ChangedUsers): void {
    if (users === 'many') this.poll();
    else for (const user of users) this.wake(user);
  }

  private wake(userId: number): void {
    if (!this.#streams.has(userId)) return;
    this.#due.add(userId);
    this.run();
  }

  private poll(): void {
    for (const user of this.#streams.keys()) this.#due.add(user);
    this.run();
  }

  private run(): void {
    if (this.#due.size === 0) return;
    // The work is for all streams, so it must not run in the context of the current call.
    this.#feeding ??= runOutsideCall(() => this.feedDue()).finally(() => (this.#feeding = undefined));
  }

  /** After a failure the next poll finds the streams that lack changes. */
  private async feedDue(): Promise<void> {
    try {
      while (this.#due.size > 0) {
        const users = [...this.#due];
        this.#due.clear();
        const streams = users.flatMap((user) => [...(this.#streams.get(user) ?? [])]);
        for (const user of await this.feed.catchUp(streams)) this.#due.add(user);
      }
      if (this.#isFailing) this.#log.log('streams resumed');
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#log.warn({ err: error }, 'streams cannot read changes; retrying');
      this.#isFailing = true;
    }
  }

  private sendHeartbeats(): void {
    const group = this.#groups.shift()!;
    this.#groups.push(group);
    for (const stream of group) {
      if (!stream.isFull) stream.send(HEARTBEAT);
      else if (stream.stalledForMs > STALL_TIMEOUT_MS) {
        this.#dropped?.inc();
        stream.destroy();
      }
    }
  }

  /** Which of the user's tokens and sessions opened a stream is not known: clients with a valid one open another. */
  private endOf(userId: number): void {
    for (const stream of this.#streams.get(userId) ?? []) stream.end();
  }

  private endAll(): void {
    for (const stream of this.all()) stream.end();
  }

  private all(): EventStream[] {
    return [...this.#streams.values()].flatMap((streams) => [...streams]);
  }

  private measure(registry: Registry): Counter {
    const count = () => this.#count;
    new Gauge({
      name: 'notification_streams',
      help: 'Open notification streams',
      registers: [registry],
      collect() {
        this.set(count());
      },
    });
    return new Counter({
      name: 'notification_streams_dropped_total',
      help: 'Streams dropped because their client did not read',
      registers: [registry],
    });
  }
}
