import type { Mix, RequestGenerator } from '../request-mix.js';
import type { Schedule } from '../schedule.js';

/** The parameters of every measurement of a run. */
export interface Measurement {
  readonly schedule: Schedule;
  readonly generator: RequestGenerator;
  readonly mix: Mix;
  readonly connections: number;
  /** Reports the next step. */
  readonly progress: (step: string) => void;
}

/** The parameters of a measurement after the rounds. */
export interface StageMeasurement extends Measurement {
  /** The lowest of the rates. */
  readonly perSecond: number;
}

/** Different requests of a round. */
export const REQUESTS_PER_ROUND = 4_000;
