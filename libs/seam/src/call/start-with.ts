import type { BoundMethod } from './bound-method.js';

/** Calls a provider's method, which may throw before it returns its promise. */
export function invoke(implementation: BoundMethod, input: unknown): Promise<unknown> {
  try {
    return implementation(input);
  } catch (error) {
    return Promise.reject(error);
  }
}
