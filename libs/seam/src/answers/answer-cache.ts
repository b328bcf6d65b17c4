/** How long the answers to one query are kept; milliseconds. */
export interface AnswerPolicy {
  /** The contract, which is the name of the module that owns the answers. */
  readonly contract: string;
  readonly method: string;
  readonly keptFor: number;
  readonly absentFor: number;
  readonly staleIfError: number;
  /** Describes the structure of the answers: what was kept of another one is not used. */
  readonly shape: string;
}

/** One answer that may be kept: that to an input, or to one element of a list in it. */
export interface AnswerPart {
  /** Identifies the input; the same text for the same input. */
  readonly key: string;
  /** The tags that are known before the answer is. */
  readonly tags: readonly string[];
}

/** An answer of the owner. */
export interface FreshAnswer {
  /** In wire form, as parsed JSON; null when there is none. */
  readonly json: unknown;
  readonly tags: readonly string[];
}

/** One call of a query whose answers may be kept. */
export interface AnswerRequest {
  /** The same object for all calls of the query. */
  readonly policy: AnswerPolicy;
  readonly parts: readonly AnswerPart[];
  /**
   * Asks the owner for some of the parts, or for others of a call with the same key of its own, within the current call. Returns
   * an answer to each.
   */
  readonly ask: (parts: readonly AnswerPart[]) => Promise<readonly FreshAnswer[]>;
}

/** What an {@link AnswerCache} found. */
export interface AnswerResult {
  /** The answer to each part in wire form, null when there is none; undefined when the owner could not be asked. */
  readonly answers: readonly unknown[];
  /** `cached`: the owner was not asked; `stale`: it could not be, and cached answers that are too old serve instead. */
  readonly source: 'cached' | 'asked' | 'stale';
  /** Why answers are undefined. */
  readonly error?: unknown;
}

/**
 * The port through which calls of other processes find cached answers. `@tearline/cache` implements it with read-your-writes
 * consistency; {@link MemoryAnswerCache} is the default.
 *
 * An implementation must not answer a `strong` call from a cached answer, nor one whose required position of the owner's module the
 * answer is not known to include.
 */
export interface AnswerCache {
  /** Rejects only with errors that do not say that the owner is unreachable. */
  read(request: AnswerRequest): Promise<AnswerResult>;
  /** Called when this process has sent a command to the owner, whatever became of it. */
  commanded?(contract: string): void;
}
