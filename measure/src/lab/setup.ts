import type { Topology } from '@tearline/topology';
import type { Cores } from '../kit/machine.js';
import type { Samples } from '../kit/samples.js';
import type { RunFacts } from './environment.js';
import type { StageMeasurement } from './measure/measurement.js';
import type { Options } from './options.js';
import type { Results } from './results.js';
import type { Stage } from './schedule.js';
import type { Target } from './target.js';

/** What the targets of a run are started with. */
export interface Setup {
  readonly topologies: readonly Topology[];
  readonly options: Options;
  readonly dir: string;
  readonly cores: Cores;
  /** Processes of each host. */
  readonly replicas: number;
  readonly progress: (step: string) => void;
}

/** The targets of a run, in processes or in containers. */
export interface Started {
  readonly targets: readonly Target[];
  readonly samples: Samples;
  readonly servers: Pick<RunFacts, 'postgres' | 'queues'>;
  /** Processes of the run that do not descend from this one. */
  readonly pids: readonly number[];
  /** Runs the stages after the rounds, as far as they are possible there. */
  readonly measureStages: (runStage: RunStage) => Promise<Partial<Results>>;
}

/** Measures one target after the other, but the repeated one. @returns nothing when the stage is left out */
export type RunStage = <One extends { readonly name: string }, Result>(
  stage: Stage,
  targets: readonly One[],
  measure: (target: One, measurement: StageMeasurement) => Promise<Result>,
) => Promise<Record<string, Result>>;
