import { Logger } from '@nestjs/common';
import { laterPosition, type Position, covers } from '@tearline/seam';
import { addressOf } from '../server-urls.js';
import { LagTracker } from './lag-tracker.js';
import { type EjectionReason, MonitoredServer } from './monitored-server.js';
import { bytesBetween, historyOf, previousPosition } from './position.js';
import type { MonitorListener } from './server-monitor.js';

export interface ReplicationGroupOptions {
  /** URLs of the servers that may be the primary. */
  readonly primaries: readonly string[];
  /** URLs of the servers that may serve reads while they are replicas. */
  readonly replicas: readonly string[];
  /** Replication lag in milliseconds above which a replica is ejected. */
  readonly maxLag: number;
  /** Of data that has moved here: its positions continue those of the server that it came from, as after a promotion. */
  readonly moved?: { readonly epoch: number; readonly lineage: string } | undefined;
  /** False for a single server that has nothing to be compared with: it is the primary at all times. */
  readonly isMonitored?: boolean;
}

/** The time from the last read after which the position of a single server is asked for less often. */
const IDLE_AFTER_MS = 2_000;

/** Of the 32 bits of a position's timeline, the upper half counts moves. */
const TIMELINES_PER_EPOCH = 0x1_0000;

/** A primary and its replicas: monitors which server is the primary, which replicas may serve reads, and their positions. */
export class ReplicationGroup implements MonitorListener {
  readonly servers: readonly MonitoredServer[];
  readonly #log = new Logger('Database');
  readonly #lag: LagTracker;
  readonly #recordedTimelines = new Set<string>();
  #primary: MonitoredServer | undefined;
  #primarySeenAt = 0;
  #primaryPosition: Position | undefined;
  #readAt = 0;
  #cluster: string | undefined;
  #timeline = 0;
  #timelineSeenAt = 0;
  #starting: Promise<void> | undefined;
  #references = 0;

  constructor(private readonly options: ReplicationGroupOptions) {
    const { primaries, replicas, maxLag } = options;
    this.#lag = new LagTracker(2 * maxLag);
    const includes = (urls: readonly string[], address: string) =>
      urls.some((url) => addressOf(url) === address);
    const byAddress = new Map([...replicas, ...primaries].map((url) => [addressOf(url), url]));
    this.servers = [...byAddress].map(
      ([address, url]) =>
        new MonitoredServer(url, this, includes(primaries, address), includes(replicas, address)),
    );
  }

  /** Starts monitoring with the first call; resolves when every server was contacted once. */
  start(): Promise<void> {
    this.#references += 1;
    if (!this.isMonitored) return Promise.resolve();
    return (this.#starting ??= Promise.all(this.servers.map((server) => server.start())).then(
      () => undefined,
    ));
  }

  /** Stops monitoring once it was called as often as `start`. */
  async stop(): Promise<void> {
    this.#references -= 1;
    if (this.#references > 0 || !this.isMonitored) return;
    this.#starting = undefined;
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  get isMonitored(): boolean {
    return this.options.isMonitored ?? true;
  }

  /** The server that takes writes; undefined while none does. */
  get primary(): MonitoredServer | undefined {
    return this.isMonitored ? this.#primary : this.servers[0];
  }

  /** Returns the part that all positions on a server's timeline share. */
  historyOf(cluster: string, timeline: number): string {
    const { epoch = 0, lineage = cluster } = this.options.moved ?? {};
    return epoch === 0
      ? historyOf(cluster, timeline)
      : historyOf(lineage, epoch * TIMELINES_PER_EPOCH + timeline);
  }

  /** Returns whether a primary on this timeline was replaced by a promotion. */
  isSuperseded(cluster: string, timeline: number): boolean {
    return cluster === this.#cluster && timeline < this.#timeline;
  }

  /** The replicas that may serve reads now. */
  get readableReplicas(): MonitoredServer[] {
    return this.servers.filter(
      ({ canServeReads, ejection, isSuspect }) => canServeReads && !ejection && !isSuspect,
    );
  }

  /** Asks the primary for its position. @throws Error when there is none, or it does not answer */
  async currentPosition(): Promise<Position> {
    const primary = this.#primary;
    if (!primary) throw new Error('there is no primary');
    await primary.requestStatus();
    const position = this.positionOf(primary);
    if (!position || primary.status?.isStandby) throw new Error('the primary was lost');
    return position;
  }

  /** Returns the last known position of a server; it may have moved on since. */
  positionOf({ status, identity }: MonitoredServer): Position | undefined {
    if (!status || !identity || status.timeline === 0) return undefined;
    return `${this.historyOf(identity.cluster, status.timeline)}.${status.lsn}`;
  }

  /**
   * Returns whether a replica has replayed everything up to a position. Positions compare only within one cluster and
   * timeline: on another timeline the same LSN belongs to a different history.
   */
  hasReplayed(server: MonitoredServer, position: Position): boolean {
    return covers(this.positionOf(server), position);
  }

  /** Records a position that the primary has reached. */
  recordPosition(position: Position): void {
    this.#primaryPosition = laterPosition(this.#primaryPosition, position);
  }

  /**
   * The position that a read of the primary that begins now is known to cover: the one before the last known position.
   * A commit is in the WAL before it is visible, so a read may miss the commit at the last known position. After a time without
   * reads this asks for the position, for the reads that follow.
   */
  visibleOnPrimary(): Position | undefined {
    if (this.isIdle) this.servers[0]!.checkNow();
    this.#readAt = performance.now();
    return this.#primaryPosition === undefined ? undefined : previousPosition(this.#primaryPosition);
  }

  /** A single server has no replica that has to be found before it is missed. */
  get isIdle(): boolean {
    return this.servers.length === 1 && performance.now() - this.#readAt > IDLE_AFTER_MS;
  }

  /** Returns how far a replica is behind the primary. */
  lagOf({ status }: MonitoredServer): { bytes: number; ms: number } | undefined {
    if (!status) return undefined;
    // Without a primary, replicas do not fall behind.
    const now = this.#primary ? performance.now() : this.#primarySeenAt;
    const { latest } = this.#lag;
    return {
      bytes: latest === undefined ? 0 : bytesBetween(status.lsn, latest),
      ms: this.#lag.lagOf(status.lsn, now),
    };
  }

  /** Takes a replica out until its monitor has heard from it; called after a failed query. */
  markSuspect(server: MonitoredServer): void {
    server.isSuspect = true;
    server.checkNow();
  }

  onStatus(server: MonitoredServer): void {
    server.isSuspect = false;
    this.#choosePrimary();
    if (server === this.#primary) {
      this.#trackPrimary(server);
      const position = this.positionOf(server);
      if (position) this.recordPosition(position);
    }
    this.#evaluateReplicas();
  }

  onLost(server: MonitoredServer, reason: string): void {
    this.#log.warn({ msg: 'database server lost', server: server.address, reason });
    this.#choosePrimary();
    this.#evaluateReplicas();
    for (const onLost of server.lostListeners) onLost();
  }

  /** Among writable servers, the one with the latest timeline: a server with an earlier one was replaced by a promotion. */
  #choosePrimary(): void {
    const writable = this.servers.filter(({ canBePrimary, status, identity }) => {
      if (!canBePrimary || !status || status.isStandby) return false;
      return status.timeline >= this.#timeline || identity?.cluster !== this.#cluster;
    });
    const [latest] = writable.toSorted((one, other) => other.status!.timeline - one.status!.timeline);
    if (latest === this.#primary) return;
    if (latest) this.#log.log({ msg: 'database primary found', server: latest.address });
    else this.#log.warn({ msg: 'database primary lost', server: this.#primary?.address });
    const previous = this.#primary;
    this.#primary = latest;
    // Its connections would write to a server that was replaced.
    if (previous && latest) for (const onLost of previous.lostListeners) onLost();
  }

  #trackPrimary(server: MonitoredServer): void {
    const { timeline, lsn } = server.status!;
    const { cluster } = server.identity!;
    const now = performance.now();
    this.#primarySeenAt = now;
    if (timeline !== this.#timeline || cluster !== this.#cluster) {
      this.#cluster = cluster;
      this.#timeline = timeline;
      this.#timelineSeenAt = now;
      this.#lag.reset();
    }
    this.#lag.record(lsn, now);
    void this.#recordTimeline(server);
  }

  /** Inserts the primary's timeline into a table, which replicates it. */
  async #recordTimeline(server: MonitoredServer): Promise<void> {
    const { cluster } = server.identity!;
    const key = `${cluster}.${this.#timeline}`;
    if (this.#recordedTimelines.has(key)) return;
    this.#recordedTimelines.add(key);
    try {
      await server.recordTimeline(this.#timeline);
    } catch {
      // Retried with the next status.
      this.#recordedTimelines.delete(key);
    }
  }

  #evaluateReplicas(): void {
    for (const server of this.servers) {
      if (!server.canServeReads || !server.setEjection(this.#ejectionReasonOf(server))) continue;
      const { address, ejection: reason } = server;
      if (reason) this.#log.warn({ msg: 'replica ejected', server: address, reason });
      else this.#log.log({ msg: 'replica serves reads', server: address });
    }
  }

  #ejectionReasonOf(server: MonitoredServer): EjectionReason | undefined {
    const { status, identity } = server;
    if (!status || !identity) return 'unreachable';
    if (!status.isStandby) return 'not_a_replica';
    const primary = this.#primary?.identity;
    if (primary && primary.cluster !== identity.cluster) return 'other_cluster';
    // It may still follow the previous primary, with a greater LSN than the present one.
    const isGracePeriodOver = performance.now() - this.#timelineSeenAt > this.options.maxLag;
    if (this.#primary && isGracePeriodOver && status.timeline !== this.#timeline) return 'other_timeline';
    return this.lagOf(server)!.ms > this.options.maxLag ? 'lagging' : undefined;
  }
}
