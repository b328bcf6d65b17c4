import type { IncomingHttpHeaders } from 'node:http';

/** The validators of the current representation. */
export interface Validators {
  /** Strong, with its quotes. */
  readonly etag: string;
  readonly modified: Date;
}

/**
 * Evaluates the conditions of a GET or HEAD (RFC 9110, 13.2.2): 304 when the client's copy is current, 412 when a precondition
 * fails, else 200. `fresh` from npm covers only If-None-Match and If-Modified-Since.
 */
export function preconditionsOf(headers: IncomingHttpHeaders, validators: Validators): 200 | 304 | 412 {
  const { etag } = validators;
  if (headers['if-match'] !== undefined) {
    if (!tagsIn(headers['if-match']).some((tag) => tag === '*' || tag === etag)) return 412;
  } else if (isUnmodified(headers['if-unmodified-since'], validators) === false) return 412;

  if (headers['if-none-match'] !== undefined) {
    const isKnown = tagsIn(headers['if-none-match']).some(
      (tag) => tag === '*' || tag.replace(/^W\//, '') === etag,
    );
    return isKnown ? 304 : 200;
  }
  return isUnmodified(headers['if-modified-since'], validators) ? 304 : 200;
}

/** Evaluates If-Range (RFC 9110, 13.1.5) with strong comparison; dates have seconds. */
export function isRangeWanted(headers: IncomingHttpHeaders, { etag, modified }: Validators): boolean {
  if (headers['if-range'] === undefined) return true;
  const ifRange = String(headers['if-range']);
  return ifRange.startsWith('"') ? ifRange === etag : Date.parse(ifRange) === toSeconds(modified);
}

/** Returns undefined without a valid date. */
function isUnmodified(since: string | undefined, { modified }: Validators): boolean | undefined {
  const time = Date.parse(since ?? '');
  return Number.isNaN(time) ? undefined : toSeconds(modified) <= time;
}

const tagsIn = (header: string) => header.match(/\*|(?:W\/)?"[^"]*"/g) ?? [];

const toSeconds = (date: Date) => Math.floor(date.getTime() / 1_000) * 1_000;
