/** A function and the place in it: name, URL or path of the script, line and column from 1. */
export type Frame = readonly [functionName: string, script: string, line: number, column: number];

/** Memory that is in use, and the calls that allocated it. */
export interface AllocationSite {
  readonly bytes: number;
  readonly count: number;
  /** The allocating function first. */
  readonly stack: readonly Frame[];
}

/** What memory is in use for at one time, estimated from samples. It has names of functions and files, and no values. */
export interface AllocationProfile {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The sum of all sites, of those that are left out too. */
  readonly bytes: number;
  /** The largest first. */
  readonly sites: readonly AllocationSite[];
}

/** Sites and frames that a file keeps, which bounds its size. */
const MAX_SITES = 100;
export const MAX_FRAMES = 24;

/** The form in a file: stacks are indices into the frames, most of which many stacks share. */
interface StoredProfile {
  readonly at: number;
  readonly bytes: number;
  readonly frames: readonly Frame[];
  readonly sites: readonly (readonly [bytes: number, count: number, stack: readonly number[]])[];
}

/** Returns the text of the file of a profile. */
export function encodeProfile({ at, bytes, sites }: AllocationProfile): string {
  const frames: Frame[] = [];
  const indices = new Map<string, number>();
  const indexOf = (frame: Frame) => {
    const key = frame.join('\0');
    const known = indices.get(key);
    if (known !== undefined) return known;
    indices.set(key, frames.length);
    return frames.push(frame) - 1;
  };
  const largest = sites.toSorted((one, other) => other.bytes - one.bytes).slice(0, MAX_SITES);
  const stored: StoredProfile = {
    at,
    bytes: Math.round(bytes),
    sites: largest.map(({ bytes, count, stack }) => [
      Math.round(bytes),
      count,
      stack.slice(0, MAX_FRAMES).map(indexOf),
    ]),
    frames,
  };
  return JSON.stringify(stored);
}

/** @throws SyntaxError when the text is no profile */
export function decodeProfile(text: string): AllocationProfile {
  const { at, bytes, frames, sites } = JSON.parse(text) as StoredProfile;
  return {
    at,
    bytes,
    sites: sites.map(([bytes, count, stack]) => ({
      bytes,
      count,
      stack: stack.map((index) => frames[index]!),
    })),
  };
}
