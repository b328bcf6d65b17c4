import { ContractError } from '../call/errors.js';

/**
 * Loads code that needs `@nestjs/microservices`, which an application in one process need not install.
 * @throws ContractError when it is missing
 */
export async function withMicroservices<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
    if (!isMissing || !/@nestjs[\\/]microservices/.test(message)) throw error;
    throw new ContractError(
      'calls between processes need @nestjs/microservices, of the version of @nestjs/core: npm install @nestjs/microservices',
      { cause: error },
    );
  }
}
