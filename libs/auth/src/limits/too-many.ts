import { SeamError } from '@tearline/seam';

/** Returns the error of a limit. @param resource first part of its code, e.g. `credentials` */
export const tooMany = (resource: string, forMs: number) =>
  new SeamError(`${resource}/too-many`, { data: { retryAfter: Math.max(1, Math.ceil(forMs / 1_000)) } });
