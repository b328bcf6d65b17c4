import type { DynamicModule, ForwardReference, ModuleMetadata, Type } from '@nestjs/common';
import type { Contract } from '../contract/contract.js';
import { implementedContract, injectedContracts } from '../seam.decorators.js';

/** A module as it stands in the imports of another. */
export type ModuleReference = NonNullable<ModuleMetadata['imports']>[number];

/** What the decorators of a module and of all modules that it imports say, before Nest creates anything. */
export class ModuleGraph {
  /** The classes of the modules, each with the one that imports it. */
  readonly modules = new Map<Type, Type | undefined>();
  /** Their providers and controllers. */
  readonly classes = new Set<Type>();

  /** @param stopAt modules whose content does not belong here */
  constructor(
    root: ModuleReference,
    private readonly stopAt: ReadonlySet<Type> = new Set(),
  ) {
    this.#visit(root, undefined);
  }

  /** The contracts that its providers are marked to implement. */
  get implemented(): Contract[] {
    return [...this.classes].flatMap((each) => implementedContract(each) ?? []);
  }

  /** The contracts that its providers and controllers inject, with the class that does. */
  get injected(): [Contract, Type][] {
    return [...this.classes].flatMap((each) =>
      injectedContracts(each).map((contract): [Contract, Type] => [contract, each]),
    );
  }

  #visit(reference: ModuleReference, importedBy: Type | undefined): void {
    // A module that is loaded in time to come cannot be looked into now.
    if (!reference || reference instanceof Promise) return;
    if ('forwardRef' in reference)
      return this.#visit((reference as ForwardReference<() => ModuleReference>).forwardRef(), importedBy);
    const type = classOf(reference);
    const isNew = !this.modules.has(type);
    if (isNew) this.modules.set(type, importedBy);
    if (importedBy !== undefined && this.stopAt.has(type)) return;
    const dynamic: ModuleMetadata = typeof reference === 'function' ? {} : reference;
    for (const { imports = [], providers = [], controllers = [] } of [
      dynamic,
      ...(isNew ? [declared(type)] : []),
    ]) {
      for (const provider of providers) {
        if (typeof provider === 'function') this.classes.add(provider);
        else if (provider && 'useClass' in provider) this.classes.add(provider.useClass);
      }
      for (const controller of controllers) this.classes.add(controller);
      for (const each of imports) this.#visit(each, type);
    }
  }
}

/** Returns the class of a module. */
export function classOf(module: Type | DynamicModule): Type {
  return typeof module === 'function' ? module : module.module;
}

/** What `@Module()` was given. */
function declared(type: Type): ModuleMetadata {
  const of = <K extends keyof ModuleMetadata>(key: K) => Reflect.getMetadata(key, type) as ModuleMetadata[K];
  return {
    imports: of('imports') ?? [],
    providers: of('providers') ?? [],
    controllers: of('controllers') ?? [],
  };
}
