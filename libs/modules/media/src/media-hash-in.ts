/** Returns the hash in a URL of the form `/media/<hash>/<variant>`, with or without an origin. */
export function mediaHashIn(image: string | null): string[] {
  if (image === null || !URL.canParse(image, 'http://here')) return [];
  const [, hash] = /^\/media\/([0-9a-f]{64})\//.exec(new URL(image, 'http://here').pathname) ?? [];
  return hash === undefined ? [] : [hash];
}
