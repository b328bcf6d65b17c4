import { Logger } from '@nestjs/common';
import { laterPosition, type Position, covers } from '@tearline/seam';
import { addressOf } from '../server-urls.js';
import { LagTracker } from './lag-tracker.js';
import { ServerMonitor, type MonitorListener } from './server-monitor.js';
import { previousPosition, bytesBetween, positionOf } from './position.js';
import { MonitoredServer } from './monitored-server.js';

/** The servers of one database. */
export interface ReplicationGroupOptions {
  /** Those that may be the primary; which one is, they say themselves. */
  readonly primaries: readonly string[];
  /** Those that may serve reads while they are replicas. */
  readonly replicas: readonly string[];
  /** Milliseconds that a replica may be behind. */
  readonly maxLag: number;
}

/** Why a replica serves no reads. */
export type EjectionReason = 'unreachable' | 'suspect' | 'behind' | 'not a replica' | 'foreign';

/** Watches the servers of one database: which one is the primary, which replicas may be asked, how far they are. */
export class ReplicationGroup implements MonitorListener {
  readonly servers: readonly MonitoredServer[];
  readonly #log = new Logger('Database');
  readonly #lag: LagTracker;
  readonly #recordedTimelines = new Set<string>();
  #primary: MonitoredServer | undefined;
  #primarySeenAt = 0;
  #primaryPosition: Position | undefined;
  #cluster: string | undefined;
  #timeline = 0;
  #timelineSeenAt = 0;
  #starting: Promise<void> | undefined;
  #references = 0;

  constructor(private readonly options: ReplicationGroupOptions) {
    const { primaries, replicas, maxLag } = options;
    this.#lag = new LagTracker(2 * maxLag);
    const may = (urls: readonly string[], address: string) => urls.some((url) => addressOf(url) === address);
    const byAddress = new Map([...replicas, ...primaries].map((url) => [addressOf(url), url]));
    this.servers = [...byAddress].map(
      ([address, url]) =>
        new MonitoredServer(new ServerMonitor(url, this), may(primaries, address), may(replicas, address)),
    );
  }

  /** Begins to watch, for one user more; resolves when every server has been asked once. */
  start(): Promise<void> {
    this.#references += 1;
    return (this.#starting ??= Promise.all(this.servers.map(({ monitor }) => monitor.start())).then(
      () => undefined,
    ));
  }

  /** Ends with its last user. */
  async stop(): Promise<void> {
    this.#references -= 1;
    if (this.#references === 0) await Promise.all(this.servers.map(({ monitor }) => monitor.stop()));
  }

  /** The server that takes writes; undefined while none does. */
  get primary(): MonitoredServer | undefined {
    return this.#primary;
  }

  /** Whether a primary on this timeline would be one of before the present one. */
  isOutdated(cluster: string, timeline: number): boolean {
    return cluster === this.#cluster && timeline < this.#timeline;
  }

  /** The replicas that may be asked now. */
  get readableReplicas(): MonitoredServer[] {
    return this.servers.filter(
      ({ canServeReads: mayRead, ejection: ejected, isSuspect }) => mayRead && !ejected && !isSuspect,
    );
  }

  /** Where the primary is at a moment after this call. @throws Error when it does not say */
  async currentPosition(): Promise<Position> {
    const primary = this.#primary;
    if (!primary) throw new Error('there is no primary');
    await primary.monitor.requestStatus();
    const position = this.positionOf(primary);
    if (!position || primary.monitor.status?.isStandby) throw new Error('the primary was lost');
    return position;
  }

  /** How far a server is, as far as is known; it may be further by now. */
  positionOf({ monitor: { status, identity } }: MonitoredServer): Position | undefined {
    if (!status || !identity || status.timeline === 0) return undefined;
    return positionOf(identity.cluster, status.timeline, `${status.lsn.slice(0, 8)}/${status.lsn.slice(8)}`);
  }

  /**
   * Whether a replica shows what was there at a position. PositionsByModule compare within one cluster and timeline alone: on
   * another timeline the same number is another history.
   */
  hasReplayed(server: MonitoredServer, position: Position): boolean {
    return covers(this.positionOf(server), position);
  }

  /** The primary was at this position at some time before now. */
  recordPosition(position: Position): void {
    this.#primaryPosition = laterPosition(this.#primaryPosition, position);
  }

  /**
   * What a read of the primary that begins now is known to show: everything before the last position that was heard of.
   * Not what is at that very position, as a commit is in the log a while before others see it, and somebody who asks for
   * the position once they do may still get the same.
   */
  get visibleOnPrimary(): Position | undefined {
    return this.#primaryPosition === undefined ? undefined : previousPosition(this.#primaryPosition);
  }

  /** How far a replica is behind the primary, in bytes and milliseconds. */
  lagOf({ monitor: { status } }: MonitoredServer): { bytes: number; ms: number } | undefined {
    if (!status) return undefined;
    // Without a primary nobody gets further behind.
    const now = this.#primary ? performance.now() : this.#primarySeenAt;
    const { latest } = this.#lag;
    return {
      bytes: latest === undefined ? 0 : bytesBetween(status.lsn, latest),
      ms: this.#lag.lagOf(status.lsn, now),
    };
  }

  /** Somebody had trouble with a server. */
  markSuspect(server: MonitoredServer): void {
    server.isSuspect = true;
    server.monitor.checkNow();
  }

  onStatus(monitor: ServerMonitor): void {
    const server = this.#serverOf(monitor);
    server.isSuspect = false;
    this.#choosePrimary();
    if (server === this.#primary) {
      this.#trackPrimary(server);
      const position = this.positionOf(server);
      if (position) this.recordPosition(position);
    }
    this.#evaluateReplicas();
  }

  onLost(monitor: ServerMonitor, reason: string): void {
    const server = this.#serverOf(monitor);
    this.#log.warn({ msg: 'database server lost', server: server.address, reason });
    this.#choosePrimary();
    this.#evaluateReplicas();
    for (const onLost of server.lostListeners) onLost();
  }

  /** Of those that take writes the one with the latest timeline: another one was the primary before it. */
  #choosePrimary(): void {
    const writable = this.servers.filter(({ canBePrimary: mayWrite, monitor: { status, identity } }) => {
      if (!mayWrite || !status || status.isStandby) return false;
      return status.timeline >= this.#timeline || identity?.cluster !== this.#cluster;
    });
    const [latest] = writable.toSorted(
      (one, other) => other.monitor.status!.timeline - one.monitor.status!.timeline,
    );
    if (latest === this.#primary) return;
    if (latest) this.#log.log({ msg: 'database primary found', server: latest.address });
    else this.#log.warn({ msg: 'database primary lost', server: this.#primary?.address });
    const before = this.#primary;
    this.#primary = latest;
    // Its connections would work on a server that nobody else writes to.
    if (before && latest) for (const lost of before.lostListeners) lost();
  }

  #trackPrimary({ monitor }: MonitoredServer): void {
    const { timeline, lsn: offset } = monitor.status!;
    const { cluster } = monitor.identity!;
    const now = performance.now();
    this.#primarySeenAt = now;
    if (timeline !== this.#timeline || cluster !== this.#cluster) {
      this.#cluster = cluster;
      this.#timeline = timeline;
      this.#timelineSeenAt = now;
      this.#lag.reset();
    }
    this.#lag.record(offset, now);
    void this.#recordTimeline(monitor);
  }

  /** Writes the primary's timeline down, where its replicas will show it. */
  async #recordTimeline(monitor: ServerMonitor): Promise<void> {
    const { cluster } = monitor.identity!;
    const key = `${cluster}.${this.#timeline}`;
    if (this.#recordedTimelines.has(key)) return;
    this.#recordedTimelines.add(key);
    try {
      await monitor.recordTimeline(this.#timeline);
    } catch {
      // At the next sign of life again.
      this.#recordedTimelines.delete(key);
    }
  }

  #evaluateReplicas(): void {
    for (const server of this.servers) {
      if (!server.canServeReads || !server.setEjection(this.#ejectionReasonOf(server))) continue;
      const { address, ejection: reason } = server;
      if (reason) this.#log.warn({ msg: 'replica taken out', server: address, reason });
      else this.#log.log({ msg: 'replica serves reads', server: address });
    }
  }

  #ejectionReasonOf(server: MonitoredServer): EjectionReason | undefined {
    const { status, identity } = server.monitor;
    if (!status || !identity) return 'unreachable';
    if (!status.isStandby) return 'not a replica';
    const primary = this.#primary?.monitor.identity;
    if (primary && primary.cluster !== identity.cluster) return 'foreign';
    // It may still follow the primary of before, and be ahead of this one in numbers.
    const hasHadTime = performance.now() - this.#timelineSeenAt > this.options.maxLag;
    if (this.#primary && hasHadTime && status.timeline !== this.#timeline) return 'foreign';
    return this.lagOf(server)!.ms > this.options.maxLag ? 'behind' : undefined;
  }

  #serverOf(monitor: ServerMonitor): MonitoredServer {
    return this.servers.find((server) => server.monitor === monitor)!;
  }
}
