import { ContractError } from './errors.js';

/**
 * Takes one value of another library's context (a tenant, a language) along with remote calls, as a propagator of OpenTelemetry
 * does. A local call needs none: it runs in the caller's own context.
 * @example
 * const tenant: Carrier = {
 *   name: 'tenant',
 *   inject: () => cls.get('tenant'),
 *   extract: (value, work) => cls.run(() => (cls.set('tenant', value), work())),
 * };
 */
export interface Carrier {
  /** Names the value between hosts, in kebab-case. A host without a carrier of this name ignores the value. */
  readonly name: string;
  /** Returns the value for a call that is being made, or undefined for none. Runs in the caller's context. */
  inject(): string | undefined;
  /** Runs `work` in a context with the value that came with a call, and returns its result. */
  extract<T>(value: string, work: () => T): T;
}

/** Values by the names of their carriers. */
export type Carried = Readonly<Record<string, string>>;

/** Characters that the values of one call may have together. */
export const MAX_CARRIED = 8192;

/** The carriers of one application. */
export class Carriers {
  /** @throws ContractError when a name is not kebab-case, or used twice */
  constructor(private readonly carriers: readonly Carrier[] = []) {
    const names = new Set<string>();
    for (const { name } of carriers) {
      if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new ContractError(`carrier '${name}' is not kebab-case`);
      if (names.has(name)) throw new ContractError(`two carriers are called '${name}'`);
      names.add(name);
    }
  }

  /**
   * Returns what goes with a call that is being made; undefined when there is nothing.
   * @throws ContractError when it is too much
   */
  inject(): Carried | undefined {
    let carried: Record<string, string> | undefined;
    let size = 0;
    for (const carrier of this.carriers) {
      const value = carrier.inject();
      if (value === undefined) continue;
      if (typeof value !== 'string')
        throw new ContractError(
          `carrier '${carrier.name}': inject() returned a ${typeof value}, not a string`,
        );
      if ((size += value.length) > MAX_CARRIED)
        throw new ContractError(
          `carrier '${carrier.name}': its value makes ${size} characters, of at most ${MAX_CARRIED}; carry an id instead`,
        );
      (carried ??= {})[carrier.name] = value;
    }
    return carried;
  }

  /** Runs `work` in the contexts of all values that came with a call. */
  extract<T>(carried: Carried | undefined, work: () => T): T {
    if (typeof carried !== 'object' || carried === null) return work();
    return this.carriers.reduceRight<() => T>((inner, carrier) => {
      const value = Object.hasOwn(carried, carrier.name) ? carried[carrier.name] : undefined;
      return typeof value === 'string' ? () => carrier.extract(value, inner) : inner;
    }, work)();
  }
}
