import type { Type } from '@nestjs/common';
import type { Contract } from './contract/contract.js';
import type { EventContract } from './contract/event.js';
import type { Schema } from './contract/schema.js';

/** The limits of a module's requests that a balancer in front has to know. */
export interface ModuleLimits {
  /** Milliseconds that a request to the module's routes may take, where that may be more than on other routes. */
  readonly timeout?: number;
  /** Routes whose responses do not end. */
  readonly streams?: {
    readonly routes: readonly string[];
    /** The number of such responses that one process serves at once, at most. */
    readonly max: number;
  };
}

/**
 * What a host has to know of a module before it loads any of the module's code. It stands in the module's
 * `index.ts`, so nothing indoors may be imported there except lazily.
 */
export interface ModuleManifest {
  /** The module's name: its folder, its database schema, its contract's name. */
  readonly name: string;
  /** The contract that the module implements; undefined when no module calls it. */
  readonly contract?: Contract;
  /** Contracts that the module calls. */
  readonly uses: readonly Contract[];
  /** Events that the module publishes. */
  readonly publishes?: readonly EventContract[];
  /** Events of other modules that it subscribes to. */
  readonly subscribes?: readonly EventContract[];
  /** Queues of its own background work, each as `<module>.<work>`. */
  readonly jobs?: readonly string[];
  /**
   * Public paths that the module serves. `*` stands for one segment, a last `**` for any rest, none included;
   * of two routes that match, the more literal one wins.
   */
  readonly routes: readonly string[];
  /**
   * The patterns of routes with public pages: their responses to anonymous clients depend on the URL alone, and shared caches may
   * store those that say so in their headers. Requests for other paths pass through.
   */
  readonly publicPages?: readonly string[];
  /** Whether shared caches hold what its data is part of, so that it has the table of purges. */
  readonly purges?: boolean;
  /**
   * Bytes that the body of a request to one of these paths may have, where that is more than every host takes (1 MiB).
   * It lets such bodies through to the module, which has to accept them itself; all else stays as it is.
   */
  readonly bodyLimit?: number;
  /** The module's environment variables, by name; their metadata says what each is for. */
  readonly settings?: Readonly<Record<string, Schema>>;
  /** Returns the limits that follow from the values of these settings. */
  readonly limits?: (settings: Readonly<Record<string, unknown>>) => ModuleLimits;
  /** Loads the module's code. */
  readonly load: () => Promise<Type>;
}
