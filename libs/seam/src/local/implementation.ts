import type { DiscoveryService } from '@nestjs/core';
import type { Contract } from '../contract/contract.js';
import { ContractError } from '../call/errors.js';
import { Implements } from '../seam.decorators.js';

/** The methods of a provider, or of a client. */
export type Methods = Record<string, (...args: unknown[]) => Promise<unknown>>;
type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/**
 * Finds the one provider that implements a contract.
 * @throws ContractError when there is none, more than one, a request-scoped one, or one that misses a method
 */
export function implementationOf(contract: Contract, discovery: DiscoveryService): Methods {
  const name = `contract '${contract.name}'`;
  const found = discovery
    .getProviders()
    .filter((wrapper) => !wrapper.isAlias && implementsContract(wrapper, contract));
  const [wrapper, second] = found;
  if (!wrapper) {
    throw new ContractError(
      `${name} is local, but no provider is marked @Implements() for it; is its module imported in this process?`,
    );
  }
  if (second) {
    throw new ContractError(
      `${name} has two implementers: ${found.map((one) => String(one.name)).join(' and ')}`,
    );
  }
  if (!wrapper.isDependencyTreeStatic()) {
    throw new ContractError(
      `${name}: ${String(wrapper.name)} is request-scoped; the seam calls one instance`,
    );
  }
  const instance = wrapper.instance as Methods;
  const missing = Object.keys(contract.methods).filter((key) => typeof instance[key] !== 'function');
  if (missing.length > 0) {
    throw new ContractError(`${name}: ${String(wrapper.name)} has no method ${missing.join(', ')}`);
  }
  return instance;
}

/** The mark may be on what was instantiated, on the declared class, or on the token of an overridden provider. */
function implementsContract({ instance, metatype, token }: Wrapper, contract: Contract): boolean {
  const candidates: unknown[] = [(instance as object | undefined)?.constructor, metatype, token];
  return candidates.some(
    (candidate) =>
      typeof candidate === 'function' &&
      (Reflect.getMetadata(Implements.KEY, candidate) as Contract | undefined)?.token === contract.token,
  );
}
