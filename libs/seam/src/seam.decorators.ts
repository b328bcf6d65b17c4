import { Inject } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { Contract } from './contract/contract.js';

const INJECTED = 'tearline:injected-contracts';

/**
 * Injects the client of a contract. The topology decides whether it calls a provider of this process or another process.
 * @example constructor(@Seam(ArticlesContract) private readonly articles: Articles) {}
 */
export const Seam = (contract: Contract): PropertyDecorator & ParameterDecorator => {
  const inject = Inject(contract.token);
  return (target: object, key: string | symbol | undefined, index?: number) => {
    const owner = typeof target === 'function' ? target : target.constructor;
    Reflect.defineMetadata(INJECTED, [...injectedContracts(owner), contract], owner);
    inject(target, key, index as number);
  };
};

/** Returns the contracts that a class injects by `@Seam`. */
export function injectedContracts(owner: unknown): readonly Contract[] {
  if (typeof owner !== 'function') return [];
  return (Reflect.getMetadata(INJECTED, owner) as readonly Contract[] | undefined) ?? [];
}

/**
 * Marks the provider that answers a contract. Let the class also implement the client's type, so that the compiler compares
 * the two.
 * @example
 * @Implements(ArticlesContract)
 * @Injectable()
 * export class ArticlesHandler implements Articles { … }
 */
export const Implements = DiscoveryService.createDecorator<Contract>();

/** Returns the contract that a class is marked to implement. */
export function implementedContract(owner: unknown): Contract | undefined {
  if (typeof owner !== 'function') return undefined;
  return Reflect.getMetadata(Implements.KEY, owner) as Contract | undefined;
}
