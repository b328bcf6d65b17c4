import { randomBytes } from 'node:crypto';
import { type Position, shows } from '@tearline/seam';

/**
 * One change of what a tag names: `<position>~<its own name>`. The position is where it can be seen from on, empty when
 * nobody knows. Two changes may have the same position, hence the name.
 */
export type Stamp = string;

/** What a value is made of, `<module>:<what>`: `articles:article/17`. */
export type Tag = string;

export function stampOf(position: Position | undefined): Stamp {
  return `${position ?? ''}~${randomBytes(6).toString('base64url')}`;
}

/** Where the change can be seen; undefined when that is not known. */
export function positionIn(stamp: Stamp): Position | undefined {
  return stamp.slice(0, stamp.indexOf('~')) || undefined;
}

export function moduleOf(tag: Tag): string {
  return tag.slice(0, tag.indexOf(':'));
}

/** Whether data at a position surely shows a change. */
export function isShownAt(position: Position | null | undefined, stamp: Stamp): boolean {
  const needed = positionIn(stamp);
  return needed !== undefined && shows(position, needed);
}
