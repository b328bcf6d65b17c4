import {
  Inject,
  Injectable,
  Logger,
  type OnModuleDestroy,
  type OnModuleInit,
  Optional,
} from '@nestjs/common';
import { Broadcaster } from '@tearline/events';
import { HostShutdown } from '@tearline/host';
import { runOutsideCall, SeamError } from '@tearline/seam';
import { Counter, Gauge, Registry } from 'prom-client';
import { type ChangedUsers, TOPIC } from '../inbox/changes.js';
import { NOTIFICATIONS_SETTINGS, type NotificationsSettings } from '../notifications.settings.js';
import { EventStream } from './event-stream.js';
import { HEARTBEAT } from './server-sent.js';
import { StreamFeed } from './stream-feed.js';

const MOST_OF_A_USER = 10;
/** A signal that was lost costs this long. */
const LOOK_EVERY_MS = 1_500;
/** Less than the time after which a proxy believes that nobody is there: nginx has 12 seconds. */
const HEARTBEAT_EVERY_MS = 5_000;
const MOST_STUCK_MS = 15_000;

/** The open streams of this process. Broadcasts name the users who have news; a look at all of them finds what no broadcast named. */
@Injectable()
export class StreamHub implements OnModuleInit, OnModuleDestroy {
  readonly #log = new Logger(StreamHub.name);
  readonly #streams = new Map<number, Set<EventStream>>();
  /** Users whose streams may be behind. */
  readonly #due = new Set<number>();
  readonly #dropped: Counter | undefined;
  #count = 0;
  #feeding: Promise<void> | undefined;
  #isAway = false;
  #leave: (() => void)[] = [];

  constructor(
    @Inject(NOTIFICATIONS_SETTINGS) private readonly settings: NotificationsSettings,
    private readonly feed: StreamFeed,
    private readonly broadcaster: Broadcaster,
    private readonly closing: HostShutdown,
    @Optional() registry?: Registry,
  ) {
    if (registry) this.#dropped = this.measure(registry);
  }

  onModuleInit(): void {
    const looking = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
    const beating = setInterval(() => this.beat(), HEARTBEAT_EVERY_MS).unref();
    this.#leave = [
      () => clearInterval(looking),
      () => clearInterval(beating),
      this.broadcaster.subscribe(TOPIC, (users) => this.hear(users as ChangedUsers)),
      this.closing.onShutdown(() => this.endAll()),
    ];
  }

  async onModuleDestroy(): Promise<void> {
    for (const leave of this.#leave) leave();
    this.endAll();
    await this.#feeding;
  }

  /**
   * Opens a stream, which tells what comes from now on, or what has come since number `since`.
   * @throws SeamError `stream/too-many` for a user who has ten already, `unavailable` when the process has enough
   */
  open(userId: number, since: number | undefined): EventStream {
    const streams = this.#streams.get(userId) ?? new Set();
    if (streams.size >= MOST_OF_A_USER) throw new SeamError('stream/too-many', { data: { retryAfter: 30 } });
    if (this.#count >= this.settings.STREAMS_MAX) throw new SeamError('unavailable');
    const stream = new EventStream(userId, since, () => this.wake(userId));
    if (this.closing.isShuttingDown) {
      stream.end();
      return stream;
    }
    this.#streams.set(userId, streams.add(stream));
    this.#count += 1;
    stream.once('close', () => {
      this.#count -= 1;
      streams.delete(stream);
      if (streams.size === 0) this.#streams.delete(userId);
    });
    this.wake(userId);
    return stream;
  }

  private hear(users: ChangedUsers): void {
    if (users === 'many') this.look();
    else for (const user of users) this.wake(user);
  }

  private wake(userId: number): void {
    if (!this.#streams.has(userId)) return;
    this.#due.add(userId);
    this.run();
  }

  private look(): void {
    for (const user of this.#streams.keys()) this.#due.add(user);
    this.run();
  }

  private run(): void {
    if (this.#due.size === 0) return;
    // It works for all streams, not for the call that happens to wake it.
    this.#feeding ??= runOutsideCall(() => this.feedDue()).finally(() => (this.#feeding = undefined));
  }

  /** Whoever is behind when something fails is found by the next look. */
  private async feedDue(): Promise<void> {
    try {
      while (this.#due.size > 0) {
        const users = [...this.#due];
        this.#due.clear();
        const streams = users.flatMap((user) => [...(this.#streams.get(user) ?? [])]);
        for (const user of await this.feed.bring(streams)) this.#due.add(user);
      }
      if (this.#isAway) this.#log.log('streams go on');
      this.#isAway = false;
    } catch (error) {
      if (!this.#isAway) this.#log.warn({ err: error }, 'streams have to wait');
      this.#isAway = true;
    }
  }

  private beat(): void {
    for (const stream of this.all()) {
      if (!stream.isFull) stream.tell(HEARTBEAT);
      else if (stream.stuckFor > MOST_STUCK_MS) {
        this.#dropped?.inc();
        stream.destroy();
      }
    }
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
      help: 'Streams of notifications that are open',
      registers: [registry],
      collect() {
        this.set(count());
      },
    });
    return new Counter({
      name: 'notification_streams_dropped_total',
      help: 'Streams that were ended because their client did not read',
      registers: [registry],
    });
  }
}
