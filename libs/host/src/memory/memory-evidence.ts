import { join } from 'node:path';
import { claimEndedRuns, type EndedRun } from './ends/ended-runs.js';
import { RUNNING } from './files/run-files.js';
import { type ReadControlGroup, findControlGroup } from './recording/control-group.js';
import { EvidenceRecorder, type RecorderOptions } from './recording/evidence-recorder.js';
import { describeProcess } from './recording/this-process.js';

export interface EvidenceOptions extends Pick<RecorderOptions, 'snapshot' | 'warn'> {
  /** The folder of all processes of a host. */
  readonly dir: string;
  readonly modules: readonly string[];
  /** Bytes; undefined for that of the container or machine. */
  readonly memoryLimit: number | undefined;
}

/** The evidence that this process leaves, and that of earlier ones of the same host. */
export class MemoryEvidence {
  readonly #recorder: EvidenceRecorder;
  readonly #readControlGroup: ReadControlGroup = findControlGroup();

  /** Starts to record. @throws Error when the folder cannot be written to */
  constructor(private readonly options: EvidenceOptions) {
    const { dir, modules, memoryLimit, snapshot, warn } = options;
    const record = describeProcess(modules, memoryLimit);
    this.#recorder = new EvidenceRecorder({
      folder: join(
        dir,
        `${RUNNING}${new Date(record.startedAt).toISOString().replaceAll(/[:.]/g, '-')}-${record.pid}`,
      ),
      record,
      readControlGroup: this.#readControlGroup,
      snapshot,
      warn,
    });
    this.#recorder.start();
  }

  /** Returns processes that have ended since the last call, each to one process alone. */
  claimEndedRuns(): EndedRun[] {
    return claimEndedRuns(this.options.dir, this.#readControlGroup().oomKills);
  }
}
