/**
 * What reads may miss. `session`: nothing that the caller itself has written; `strong`: nothing that anybody has
 * written; `eventual`: whatever is under way to the replica that is asked.
 */
export type ConsistencyLevel = (typeof CONSISTENCY_LEVELS)[number];

export const CONSISTENCY_LEVELS = ['session', 'strong', 'eventual'] as const;

/**
 * How far a database was: `<cluster>.<timeline>.<offset>`, the last two hexadecimal and of fixed width, so that of two
 * positions in one cluster the later one is the greater text.
 */
export type Position = string;

/** Positions by module. */
export type Positions = ReadonlyMap<string, Position>;

/** How consistency travels between processes; what says nothing is left out. */
export interface ConsistencyOnWire {
  readonly level?: ConsistencyLevel;
  readonly seen?: Readonly<Record<string, Position>>;
  readonly complete?: boolean;
}

/**
 * What the reads of one request must have seen: shared by all calls that the request is made of, wherever they run,
 * and told to it by its own writes.
 */
export class Consistency {
  readonly #seen = new Map<string, Position>();
  #level: ConsistencyLevel | undefined;
  #written: Set<string> | undefined;
  /** Whether everything is in that is remembered of whoever calls. */
  isComplete = false;

  /** @param level the host's default when it is left out */
  constructor(level?: ConsistencyLevel, seen: Iterable<readonly [module: string, position: Position]> = []) {
    this.#level = level;
    this.see(seen);
  }

  /** What the request asks for; the host's default when it is undefined. */
  get level(): ConsistencyLevel | undefined {
    return this.#level;
  }

  static fromWire({ level, seen, complete }: ConsistencyOnWire = {}): Consistency {
    const consistency = new Consistency(level, seen && Object.entries(seen));
    consistency.isComplete = complete === true;
    return consistency;
  }

  /** How far a module's data must be, if that matters. */
  of(module: string): Position | undefined {
    return this.#seen.get(module);
  }

  /**
   * From now on reads must miss nothing, unless their caller has asked for less: for what others have written and the
   * caller was told of, such as a notification and the article that it is about.
   */
  missNothing(): void {
    if (this.#level !== 'eventual') this.#level = 'strong';
  }

  /** From now on reads must have seen this as well. */
  see(positions: Iterable<readonly [module: string, position: Position]>): void {
    for (const [module, position] of positions)
      this.#seen.set(module, laterOf(this.#seen.get(module), position));
  }

  /** This request has written, and its data was there when that was done. */
  wrote(module: string, position: Position): void {
    this.see([[module, position]]);
    (this.#written ??= new Set()).add(module);
  }

  /** Where the modules were that this request has written to; undefined when it has written nothing. */
  get written(): Positions | undefined {
    if (!this.#written) return undefined;
    return new Map([...this.#written].map((module) => [module, this.#seen.get(module)!]));
  }

  /** Everything that reads must have seen. */
  get seen(): Positions {
    return this.#seen;
  }

  /** Undefined when there is nothing to say. */
  toWire(): ConsistencyOnWire | undefined {
    const { level, isComplete: complete } = this;
    if (level === undefined && this.#seen.size === 0 && !complete) return undefined;
    return {
      ...(level && { level }),
      ...(this.#seen.size > 0 && { seen: Object.fromEntries(this.#seen) }),
      ...(complete && { complete }),
    };
  }
}

/** Of one cluster the greater one; of two clusters, which cannot be compared, the one that was heard of last. */
export function laterOf(known: Position | undefined, heard: Position): Position {
  if (known === undefined || known <= heard) return heard;
  return clusterOf(known) === clusterOf(heard) ? known : heard;
}

/** Whether what is at one position shows all that is at another; positions of two histories do not compare. */
export function shows(known: Position | null | undefined, needed: Position): boolean {
  return typeof known === 'string' && known >= needed && historyOf(known) === historyOf(needed);
}

const historyOf = (position: Position) => position.slice(0, position.lastIndexOf('.'));
const clusterOf = (position: Position) => position.slice(0, position.indexOf('.'));
