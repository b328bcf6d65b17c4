import { hash } from 'node:crypto';
import type { Tag } from './tag-version.js';

const LENGTH = 12;

/**
 * Returns the key by which a shared cache knows a tag: of one length and in the alphabet of every such cache, since tags contain
 * names that users choose. Two tags with one key would be purged together, and nothing more.
 */
export function surrogateKey(tag: Tag): string {
  return hash('sha256', tag, 'base64url').slice(0, LENGTH);
}

/** Returns the value of the header `Surrogate-Key`. */
export function surrogateKeys(tags: Iterable<Tag>): string {
  return [...new Set([...tags].map(surrogateKey))].join(' ');
}
