import { randomBytes } from 'node:crypto';
import type { Position } from '@tearline/seam';

/** Data that values are made of, `<module>:<name>`: `articles:article/17`. */
export type Tag = string;

/**
 * The version of a tag since one invalidation: `<position>~<random id>`. The position is that of the write, empty when it is
 * unknown. The id distinguishes invalidations at the same position.
 */
export type TagVersion = string;

export type VersionedTag = readonly [Tag, TagVersion];

export function newVersion(position: Position | undefined): TagVersion {
  return `${position ?? ''}~${randomBytes(6).toString('base64url')}`;
}

export function positionOf(version: TagVersion): Position | undefined {
  return version.slice(0, version.indexOf('~')) || undefined;
}

export function moduleOf(tag: Tag): string {
  return tag.slice(0, tag.indexOf(':'));
}
