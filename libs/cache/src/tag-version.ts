import { randomBytes } from 'node:crypto';
import { laterPosition, type Position } from '@tearline/seam';
import { z } from 'zod';

/** Names data that can be invalidated, `<module>:<name>`: `articles:article/17`. */
export type Tag = string;

/**
 * The version of a tag since one invalidation: `<position>~<random id>`. The position is that of the write, empty when it is
 * unknown. The id distinguishes invalidations at the same position.
 */
export type TagVersion = string;

export type VersionedTag = readonly [Tag, TagVersion];

/** Positions are `<cluster>.<timeline>.<lsn>`. */
const VersionedTags = z.array(
  z.tuple([z.string(), z.string().regex(/^([\w-]+\.[\da-f]+\.[\da-f]+)?~[\w-]{1,64}$/)]),
);

/** Returns the versions in a message of another process; undefined when it has another form. */
export function parseVersionedTags(message: unknown): readonly VersionedTag[] | undefined {
  return VersionedTags.safeParse(message).data;
}

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
