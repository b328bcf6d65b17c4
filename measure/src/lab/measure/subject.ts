import type { Topology } from '@tearline/topology';
import type { Running } from '../deployment/deployment-spec.js';

/** Where a topology is measured, and the servers that it has there: in processes or in containers. */
export interface Place {
  /** The topology's, or that and a word. */
  readonly name: string;
  readonly topology: Topology;
  /** Processes that all others of PostgreSQL and Redis descend from. */
  readonly postgres: readonly number[];
  readonly redis: readonly number[];
}

/** Its hosts and its nginx. */
export interface Placed {
  /** As they were when they were last asked or changed. */
  readonly running: Running;
  /** As they are now: those that died have been followed by others. */
  refresh(): Promise<Running>;
}

/** What is measured. */
export interface Subject<W extends Place = Place, D extends Placed = Placed> {
  readonly site: W;
  readonly deployment: D;
}
