import type { Type } from '@nestjs/common';
import type { ZodType } from 'zod';
import type { Contract } from './contract/contract.js';
import type { EventContract } from './contract/event.js';

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
   * Bytes that the body of a request to one of these paths may have, where that is more than every host takes (1 MiB).
   * It lets such bodies through to the module, which has to accept them itself; all else stays as it is.
   */
  readonly bodyLimit?: number;
  /** The module's environment variables, by name; their metadata says what each is for. */
  readonly settings?: Readonly<Record<string, ZodType>>;
  /** Loads the module's code. */
  readonly load: () => Promise<Type>;
}
