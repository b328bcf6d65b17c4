import { randomBytes } from 'node:crypto';
import { laterPosition, type Position } from '@tearline/seam';

/** Names data that can be invalidated, `<module>:<name>`: `articles:article/17`. */
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

/**
 * Whether a version that arrives replaces the known one: unless its position is earlier. Of two that do not compare (equal or
 * unknown positions, different clusters) the last one to arrive is kept. The script of {@link RedisStore} does the same.
 */
export function supersedes(received: TagVersion, known: TagVersion | undefined): boolean {
  const [position, knownPosition] = [positionOf(received), known && positionOf(known)];
  return !position || !knownPosition || laterPosition(knownPosition, position) === position;
}
