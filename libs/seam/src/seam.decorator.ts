import { Inject } from '@nestjs/common';
import type { Contract } from './contract/contract.js';

/**
 * Injects the client of a contract. Whether that reaches a provider in this process or in another one is the
 * topology's business.
 * @example constructor(@Seam(ArticlesContract) private readonly articles: Articles) {}
 */
export const Seam = (contract: Contract) => Inject(contract.token);
