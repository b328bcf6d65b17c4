import type { ServerMonitor } from './server-monitor.js';

/** One server of a cluster, as this process sees it. */
export class MonitoredServer {
  /** Reads that this process has under way here, of all its modules. */
  inFlight = 0;
  /** Somebody had trouble with it, and its monitor has not said yet that it is well. */
  isSuspect = false;
  /** How often it was taken out, by reason. */
  readonly ejectionCounts = new Map<string, number>();
  /** Why it serves no reads now; undefined while it does. Until it has been heard of it does not. */
  ejection: string | undefined = 'unreachable';
  /** Called when it is gone or hangs: whatever waits for it waits in vain. */
  readonly lostListeners = new Set<() => void>();

  constructor(
    readonly monitor: ServerMonitor,
    /** Whether it may be the primary. */
    readonly canBePrimary: boolean,
    /** Whether it may serve reads when it is a replica. */
    readonly canServeReads: boolean,
  ) {}

  get address(): string {
    return this.monitor.address;
  }

  /** Notes whether it serves reads. @returns whether that is new */
  setEjection(reason: string | undefined): boolean {
    const isNew = (reason === undefined) !== (this.ejection === undefined);
    if (isNew && reason !== undefined)
      this.ejectionCounts.set(reason, (this.ejectionCounts.get(reason) ?? 0) + 1);
    this.ejection = reason;
    return isNew;
  }
}
