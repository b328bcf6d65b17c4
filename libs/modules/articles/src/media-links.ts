const LINK = /\/media\/([0-9a-f]{64})\//g;
/** Bounds the size of the event. */
const MAX_MEDIA = 100;

/** Returns the distinct content hashes of the media that a text links to, at most 100. */
export function mediaLinkedIn(body: string): string[] {
  const hashes = new Set<string>();
  for (const [, hash] of body.matchAll(LINK)) {
    if (hashes.size === MAX_MEDIA) break;
    hashes.add(hash!);
  }
  return [...hashes];
}
