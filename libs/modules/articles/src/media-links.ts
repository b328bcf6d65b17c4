const LINK = /\/media\/([0-9a-f]{64})\//g;
/** More than anybody puts into an article, and little enough for an event. */
const MAX_MEDIA = 100;

/** Content hashes of the media that a text links to, each once. */
export function mediaLinkedIn(body: string): string[] {
  const hashes = new Set<string>();
  for (const [, hash] of body.matchAll(LINK)) {
    if (hashes.size === MAX_MEDIA) break;
    hashes.add(hash!);
  }
  return [...hashes];
}
