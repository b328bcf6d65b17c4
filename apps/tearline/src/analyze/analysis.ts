import type { ApplicationKind } from '../project/application.js';
import type { Finding } from './finding.js';

/** What stands in the way of a module: see `ModuleReport.verdict`. */
export type Verdict = 'ready' | 'work' | 'never' | 'infrastructure' | 'root';

/** A method of a module that other modules call. */
export interface CalledMethod {
  readonly name: string;
  /** `(id: string): Promise<User>`, as it is written. */
  readonly signature: string;
  /** Names of the modules that call it. */
  readonly callers: readonly string[];
}

/** The contract that a service would need. */
export interface ContractReport {
  /** Of the contract, such as `users`. */
  readonly name: string;
  readonly service: string;
  /** Relative to the root of the repository. */
  readonly file: string;
  readonly methods: readonly CalledMethod[];
  /** TypeScript that declares the contract by types alone. */
  readonly source: string;
}

/** One module. */
export interface ModuleReport {
  readonly name: string;
  /** Relative to the root of the repository; absent where several modules share a folder. */
  readonly folder: string | undefined;
  readonly nestModules: readonly string[];
  readonly entities: readonly string[];
  /** Modules whose services it injects, with the services. */
  readonly injects: readonly { readonly module: string; readonly services: readonly string[] }[];
  /** From 100, with nothing in the way, to 0. */
  readonly score: number;
  /**
   * `ready`: a contract is all it needs; `work`: findings of high severity come first; `never`: the other modules use its
   * data directly, so they leave it rather than it them; `infrastructure`: each process loads it; `root`: it composes.
   */
  readonly verdict: Verdict;
  /** One sentence. */
  readonly reason: string;
  /** Findings that touch the module, by severity. */
  readonly counts: { readonly high: number; readonly medium: number; readonly low: number };
  readonly contracts: readonly ContractReport[];
  /** Calls of its contract for each HTTP request, where metrics are given. */
  readonly callsPerRequest: number | undefined;
}

/** The result of `tearline analyze`, and the shape of its JSON. */
export interface Analysis {
  /** Changes when a field is removed or changes its meaning. */
  readonly version: 1;
  readonly application: {
    readonly kind: ApplicationKind;
    /** The folder that was analyzed, relative to the root of the repository. */
    readonly directory: string;
    readonly files: number;
    readonly lines: number;
  };
  readonly modules: readonly ModuleReport[];
  /** Which module to extract first, to last; modules that stay are not in it. */
  readonly order: readonly string[];
  readonly entities: readonly {
    readonly name: string;
    readonly orm: string;
    readonly owner: string | undefined;
    /** How the owner was decided. */
    readonly reason: string;
  }[];
  readonly findings: readonly Finding[];
  /** Findings that the baseline has, left out of `findings` and of the scores. */
  readonly known: number;
}
