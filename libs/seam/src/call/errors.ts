/** Codes that any call can end with, whatever its contract declares. */
export type BuiltInCode = (typeof BUILT_IN)[number];

const BUILT_IN = [
  'internal',
  'invalid-input',
  'deadline-exceeded',
  'cancelled',
  'unavailable',
  'incompatible',
] as const;
export const BUILT_IN_CODES: ReadonlySet<string> = new Set<BuiltInCode>(BUILT_IN);

/** What an error carries beside its code. */
export interface SeamErrorOptions {
  /** For people; defaults to the code. */
  message?: string;
  /** JSON facts about the error, e.g. which field was refused. */
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
 */
export class SeamError extends Error {
  override readonly name = 'SeamError';
  readonly code: string;
  readonly data: unknown;
  readonly retryable: boolean;

  constructor(code: string, { message, data, retryable, cause }: SeamErrorOptions = {}) {
    super(message ?? code, cause === undefined ? undefined : { cause });
    this.code = code;
    this.data = data;
    this.retryable = retryable ?? code === 'unavailable';
  }
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
