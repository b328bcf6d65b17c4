import type { DynamicModule, Type } from '@nestjs/common';
import { ContractError } from '../call/errors.js';
import type { Contract } from '../contract/contract.js';
import { ModuleGraph, type ModuleReference } from './module-graph.js';
import { isPassportStrategy } from './passport-strategies.js';

/**
 * A module of an application. Its contracts are those that its classes are marked to implement; name the ones whose provider a
 * factory makes. A module that is given by a function is imported only by the hosts that load it.
 */
export type SeamModuleEntry =
  | Type
  | (DynamicModule & { contracts?: readonly Contract[] })
  | { load: () => Promise<Type | DynamicModule>; contracts: readonly Contract[] };

/** A module in the list of `seamModules()`. */
export class ListedModule {
  /** Its class; undefined before it is imported. */
  readonly type: Type | undefined;
  readonly #declared: readonly Contract[];
  readonly #reference: () => ModuleReference;
  #graph: ModuleGraph | undefined;

  constructor(
    readonly name: string,
    entry: SeamModuleEntry | undefined,
  ) {
    if (entry === undefined || entry === null)
      throw new ContractError(
        `seamModules(): '${name}' is undefined; perhaps two files import each other in a circle`,
      );
    if (entry instanceof Promise)
      throw new ContractError(
        `seamModules(): '${name}' is a promise; write { load: () => …, contracts: [] } with its contracts instead`,
      );
    if (typeof entry === 'function') {
      this.type = entry;
      this.#declared = [];
      this.#reference = () => entry;
    } else if ('load' in entry) {
      this.#declared = entry.contracts;
      this.#reference = async () => {
        const module = await entry.load();
        return typeof module === 'function' ? { module } : module;
      };
    } else {
      const { contracts = [], ...module } = entry;
      this.type = module.module;
      this.#declared = contracts;
      this.#reference = () => module;
    }
  }

  /** What Nest imports. */
  get reference(): ModuleReference {
    return this.#reference();
  }

  /** The contracts that it implements. */
  get contracts(): readonly Contract[] {
    return [...new Set([...this.#declared, ...(this.#graph?.implemented ?? [])])];
  }

  /** Names its strategies of passport. */
  get strategies(): string[] {
    const strategies = [...(this.#graph?.classes ?? [])].filter(isPassportStrategy);
    return strategies.map(({ name }) => `${name} of '${this.name}'`);
  }

  /** Reads the decorators of its classes. @param others the other modules in the list */
  inspect(others: ReadonlySet<Type>): void {
    if (this.type !== undefined) this.#graph = new ModuleGraph(this.reference, others);
  }

  /** @throws ContractError when it imports a module that this host is not to load */
  refuseImports(absent: readonly ListedModule[]): void {
    for (const { name, type } of absent) {
      const importer = type && this.#graph?.modules.get(type);
      if (importer)
        throw new ContractError(
          `MODULES leaves out '${name}', but ${importer.name} imports ${type.name}: inject a contract of '${name}' instead, or add it to MODULES`,
        );
    }
  }

  /** @throws ContractError when one of its classes injects a contract that no module implements */
  refuseUnknown(tokens: ReadonlySet<symbol>): void {
    for (const [{ name, token }, owner] of this.#graph?.injected ?? [])
      if (!tokens.has(token))
        throw new ContractError(
          `${owner.name} injects contract '${name}', which no module of seamModules() implements: mark its provider with @Implements(), or name it beside its module, as { module, contracts: [contract] }`,
        );
  }
}
