/**
 * Which writes a read must include. `session`: the caller's own; `strong`: those of all callers; `eventual`: those that the chosen
 * replica has replayed.
 */
export type ConsistencyLevel = (typeof CONSISTENCY_LEVELS)[number];

export const CONSISTENCY_LEVELS = ['session', 'strong', 'eventual'] as const;

/**
 * A position in a database's write-ahead log: `<cluster>.<timeline>.<lsn>`. Timeline and LSN are hexadecimal and of fixed
 * width, so that of two positions in one cluster the later one is the greater text.
 */
export type Position = string;

/** A position for each of several modules. */
export type PositionsByModule = ReadonlyMap<string, Position>;

/** A {@link Consistency} on the wire; fields with their default value are left out. */
export interface ConsistencyOnWire {
  readonly level?: ConsistencyLevel;
  readonly required?: Readonly<Record<string, Position>>;
  readonly complete?: boolean;
}

/**
 * The consistency of one request's reads: a level, and for each module the position that a replica must have replayed.
 * All calls of the request share it, wherever they run, and its writes raise the positions.
 */
export class Consistency {
  readonly #required = new Map<string, Position>();
  readonly #requestedLevel: ConsistencyLevel | undefined;
  #level: ConsistencyLevel | undefined;
  #writtenModules: Set<string> | undefined;
  #degraded: Set<string> | undefined;
  /** Whether everything remembered of the caller's session is included. */
  isComplete = false;

  /** @param level the host's default when it is left out */
  constructor(
    level?: ConsistencyLevel,
    positions: Iterable<readonly [module: string, position: Position]> = [],
  ) {
    this.#requestedLevel = level;
    this.#level = level;
    this.observe(positions);
  }

  /** The level that the request asks for; undefined stands for the host's default. */
  get level(): ConsistencyLevel | undefined {
    return this.#level;
  }

  /** The level before {@link requireStrong}; undefined stands for the host's default. */
  get requestedLevel(): ConsistencyLevel | undefined {
    return this.#requestedLevel;
  }

  static fromWire({ level, required, complete }: ConsistencyOnWire = {}): Consistency {
    const consistency = new Consistency(level, required && Object.entries(required));
    consistency.isComplete = complete === true;
    return consistency;
  }

  /** Positions that reads must include, by module. */
  get required(): PositionsByModule {
    return this.#required;
  }

  /** The position that reads of a module must include, if any. */
  requiredPosition(module: string): Position | undefined {
    return this.#required.get(module);
  }

  /**
   * Raises the level to `strong`, unless the request asked for `eventual`. For reads that follow a reference which another
   * user's write made, such as the article that a notification is about.
   */
  requireStrong(): void {
    if (this.#level !== 'eventual') this.#level = 'strong';
  }

  /** Makes later reads include these positions too. */
  observe(positions: Iterable<readonly [module: string, position: Position]>): void {
    for (const [module, position] of positions)
      this.#required.set(module, laterPosition(this.#required.get(module), position));
  }

  /** Records that the request has written to a module, whose log was at `position` afterwards. */
  recordWrite(module: string, position: Position): void {
    this.observe([[module, position]]);
    (this.#writtenModules ??= new Set()).add(module);
  }

  /** Positions of the modules that the request has written to; undefined when it has written nothing. */
  get written(): PositionsByModule | undefined {
    if (!this.#writtenModules) return undefined;
    return new Map([...this.#writtenModules].map((module) => [module, this.#required.get(module)!]));
  }

  /** Records that a module could not be asked, and that an answer which is too old, or a fallback, serves instead. */
  recordDegraded(module: string): void {
    (this.#degraded ??= new Set()).add(module);
  }

  /** The modules that could not be asked; undefined when all could. What is made of the answers must not be cached. */
  get degraded(): ReadonlySet<string> | undefined {
    return this.#degraded;
  }

  /** Undefined when every field has its default value. */
  toWire(): ConsistencyOnWire | undefined {
    const { level, isComplete: complete } = this;
    if (level === undefined && this.#required.size === 0 && !complete) return undefined;
    return {
      ...(level && { level }),
      ...(this.#required.size > 0 && { required: Object.fromEntries(this.#required) }),
      ...(complete && { complete }),
    };
  }
}

/** Returns the later of two positions of one cluster; of two clusters, which do not compare, `received`. */
export function laterPosition(known: Position | undefined, received: Position): Position {
  if (known === undefined || known <= received) return received;
  return clusterOf(known) === clusterOf(received) ? known : received;
}

/** Whether data at `known` includes all writes up to `needed`; positions of two timelines do not compare. */
export function covers(known: Position | null | undefined, needed: Position): boolean {
  return typeof known === 'string' && known >= needed && historyOf(known) === historyOf(needed);
}

const historyOf = (position: Position) => position.slice(0, position.lastIndexOf('.'));
const clusterOf = (position: Position) => position.slice(0, position.indexOf('.'));
