import { type MonitorListener, ServerMonitor } from './server-monitor.js';

/** Why a replica serves no reads. */
export type EjectionReason = 'unreachable' | 'lagging' | 'not_a_replica' | 'other_cluster' | 'other_timeline';

/** One server of a replication group, as seen by this process. */
export class MonitoredServer extends ServerMonitor {
  /** Reads in flight from this process, of all its modules. */
  inFlight = 0;
  /** A query failed here, and the monitor has not heard from the server since. */
  isSuspect = false;
  /** Number of ejections by reason. */
  readonly ejectionCounts = new Map<EjectionReason, number>();
  /** Why it serves no reads; undefined while it serves them. */
  ejection: EjectionReason | undefined = 'unreachable';
  /** Called when the server is lost: pending queries will not be answered. */
  readonly lostListeners = new Set<() => void>();

  constructor(
    url: string,
    listener: MonitorListener,
    readonly canBePrimary: boolean,
    /** Applies while it is a replica. */
    readonly canServeReads: boolean,
  ) {
    super(url, listener);
  }

  /** Returns whether the server was ejected or readmitted by this call. */
  setEjection(reason: EjectionReason | undefined): boolean {
    const isNew = (reason === undefined) !== (this.ejection === undefined);
    if (isNew && reason !== undefined)
      this.ejectionCounts.set(reason, (this.ejectionCounts.get(reason) ?? 0) + 1);
    this.ejection = reason;
    return isNew;
  }
}
