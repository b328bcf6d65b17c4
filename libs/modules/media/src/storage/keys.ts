import { randomBytes } from 'node:crypto';
import { type VariantName, variantNames } from '../variants/variants.js';

/** A version of a picture's content: its hash, and which of its uploads after deletions. */
export interface FileVersion {
  readonly hash: string;
  readonly generation: string;
}

export const newGeneration = () => randomBytes(8).toString('hex');

/** Returns the storage key of a file; two levels of folders keep each folder small. */
export function keyOf({ hash, generation }: FileVersion, name: VariantName | 'original'): string {
  return `${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}.${generation}.${name}`;
}

/** Returns the keys of all files that may be stored of a picture. */
export const keysOf = (file: FileVersion): string[] =>
  (['original', ...variantNames] as const).map((name) => keyOf(file, name));

/** Parses a storage key; returns undefined for other files. */
export function fileVersionOf(key: string): FileVersion | undefined {
  const [, hash, generation] = /^\w\w\/\w\w\/([0-9a-f]{64})\.([0-9a-f]{16})\.[\w-]+$/.exec(key) ?? [];
  return hash === undefined || generation === undefined ? undefined : { hash, generation };
}

/** The first level of folders. */
export const prefixes = Array.from({ length: 256 }, (_, index) => `${index.toString(16).padStart(2, '0')}/`);
