/** What ends the work of a process. */
export interface Ending {
  /** Aborts when the process is asked to end: work that can stop early should. */
  readonly stopping: AbortSignal;
  /** Aborts when it cannot wait any longer. */
  readonly cutting: AbortSignal;
}
