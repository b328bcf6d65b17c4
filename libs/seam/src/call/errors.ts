import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';

/** Codes that any call can end with, whatever its contract declares. */
export type BuiltInCode = keyof typeof BUILT_IN;

/** With the status of an HTTP response that ends with such an error. */
const BUILT_IN = {
  internal: 500,
  'invalid-input': 422,
  'deadline-exceeded': 504,
  cancelled: 503,
  unavailable: 503,
  incompatible: 503,
};

/** By the reason in `<resource>/<reason>`; any other reason is a 422. */
const REASONS: Readonly<Record<string, number>> = {
  forbidden: 403,
  'not-found': 404,
  taken: 409,
  'too-many': 429,
};

/** Whether any call can end with a code. */
export function isBuiltIn(code: string): code is BuiltInCode {
  return Object.hasOwn(BUILT_IN, code);
}

/** What an error carries beside its code. */
export interface SeamErrorOptions {
  /** For people; defaults to the code. */
  message?: string;
  /** Facts about the error, e.g. which field was refused. */
  data?: unknown;
  /** Whether the same call may succeed a moment later; `unavailable` is by default. */
  retryable?: boolean;
  /** Stays in this process, for its log. */
  cause?: unknown;
}

/**
 * An error as data: `{ code, message, data, retryable }`. A provider throws it with a code that its contract
 * declares (`<resource>/<reason>`, e.g. `article/not-found`); a caller matches `code`, never the class, since
 * the error may have come from another process.
 *
 * Where an application has no filter of its own for it, Nest answers a request with the status of its code: 503 for
 * `unavailable`, 504 for `deadline-exceeded`, 404, 403, 409 or 429 for the reasons `not-found`, `forbidden`, `taken` and
 * `too-many`, 422 for any other. The message of a built-in code, which may name an address, is not in the response.
 */
export class SeamError extends HttpException {
  override readonly name = 'SeamError';
  readonly code: string;
  readonly data: unknown;
  readonly retryable: boolean;

  constructor(code: string, { message = code, data, retryable, cause }: SeamErrorOptions = {}) {
    const statusCode = statusOf(code);
    const shown = isBuiltIn(code) ? STATUS_CODES[statusCode]! : message;
    super({ statusCode, message: shown, error: code }, statusCode, { cause });
    this.message = message;
    this.code = code;
    this.data = data;
    this.retryable = retryable ?? code === 'unavailable';
  }
}

function statusOf(code: string): number {
  return isBuiltIn(code) ? BUILT_IN[code] : (REASONS[code.slice(code.indexOf('/') + 1)] ?? 422);
}

/**
 * Whether `error` is a seam's error, and, when a code is given, that one.
 * @example if (isSeamError(error, 'article/not-found')) return null;
 */
export function isSeamError(error: unknown, code?: string): error is SeamError {
  return error instanceof SeamError && (code === undefined || error.code === code);
}

/** What a contract, or the wiring of one, got wrong: a mistake of the developer, found when the app starts. */
export class ContractError extends Error {
  override readonly name = 'ContractError';
}
