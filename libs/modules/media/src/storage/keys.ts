import { randomBytes } from 'node:crypto';
import { type VariantName, variantNames } from '../variants/variants.js';

/** What the names of stored files are made of. */
export interface FileVersion {
  readonly hash: string;
  readonly generation: string;
}

export const newGeneration = () => randomBytes(8).toString('hex');

/** Where a file of a picture is kept: two levels of folders keep each of them small. */
export function keyOf({ hash, generation }: FileVersion, name: VariantName | 'original'): string {
  return `${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}.${generation}.${name}`;
}

/** All that may be stored of a picture. */
export const keysOf = (file: FileVersion): string[] =>
  (['original', ...variantNames] as const).map((name) => keyOf(file, name));

/** Whose file a key names, if it is one of ours. */
export function fileVersionOf(key: string): FileVersion | undefined {
  const [, hash, generation] = /^\w\w\/\w\w\/([0-9a-f]{64})\.([0-9a-f]{16})\.[\w-]+$/.exec(key) ?? [];
  return hash === undefined || generation === undefined ? undefined : { hash, generation };
}

/** The first level of folders. */
export const prefixes = Array.from({ length: 256 }, (_, index) => `${index.toString(16).padStart(2, '0')}/`);
