/** Tags the pictures of a file, which shared caches hold. */
export const fileTag = (hash: string) => `media:file/${hash}`;
