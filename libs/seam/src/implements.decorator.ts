import { DiscoveryService } from '@nestjs/core';
import type { Contract } from './contract/contract.js';

/**
 * Marks the provider that answers a contract. Let the class also implement the client's type, so that the
 * compiler compares the two.
 * @example
 * @Implements(ArticlesContract)
 * @Injectable()
 * export class ArticlesService implements Articles { … }
 */
export const Implements = DiscoveryService.createDecorator<Contract>();
