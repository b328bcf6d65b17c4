import { Inject } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { Contract } from './contract/contract.js';

/**
 * Injects the client of a contract. The topology decides whether it calls a provider of this process or another process.
 * @example constructor(@Seam(ArticlesContract) private readonly articles: Articles) {}
 */
export const Seam = (contract: Contract) => Inject(contract.token);

/**
 * Marks the provider that answers a contract. Let the class also implement the client's type, so that the compiler compares
 * the two.
 * @example
 * @Implements(ArticlesContract)
 * @Injectable()
 * export class ArticlesHandler implements Articles { … }
 */
export const Implements = DiscoveryService.createDecorator<Contract>();
