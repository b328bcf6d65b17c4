import type { Monitor } from './monitor.js';

/** One server of a cluster, as this process sees it. */
export class WatchedServer {
  /** Reads that this process has under way here, of all its modules. */
  inFlight = 0;
  /** Somebody had trouble with it, and its monitor has not said yet that it is well. */
  isSuspect = false;
  /** How often it was taken out, by reason. */
  readonly ejections = new Map<string, number>();
  /** Why it serves no reads now; undefined while it does. Until it has been heard of it does not. */
  ejected: string | undefined = 'unreachable';
  /** Called when it is gone or hangs: whatever waits for it waits in vain. */
  readonly onLost = new Set<() => void>();

  constructor(
    readonly monitor: Monitor,
    /** Whether it may be the primary. */
    readonly mayWrite: boolean,
    /** Whether it may serve reads when it is a replica. */
    readonly mayRead: boolean,
  ) {}

  get address(): string {
    return this.monitor.address;
  }

  /** Notes whether it serves reads. @returns whether that is new */
  judge(reason: string | undefined): boolean {
    const isNew = (reason === undefined) !== (this.ejected === undefined);
    if (isNew && reason !== undefined) this.ejections.set(reason, (this.ejections.get(reason) ?? 0) + 1);
    this.ejected = reason;
    return isNew;
  }
}
