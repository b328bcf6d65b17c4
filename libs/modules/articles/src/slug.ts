import { randomInt } from 'node:crypto';
import { QueryFailedError } from 'typeorm';

const MAX_LENGTH = 100;
const SUFFIX_VALUES = 36 ** 6;
const MAX_ATTEMPTS = 5;
const UNIQUE_VIOLATION = '23505';
/** Slugs that would collide with another route of `/api/articles/`, and the empty slug. */
const RESERVED = new Set(['', 'feed']);

/**
 * Returns the readable part of a slug: letters and digits of any script, in lower case, joined by hyphens.
 * @example slugOf('How to train your 드래곤!') // 'how-to-train-your-드래곤'
 */
export function slugOf(title: string): string {
  const words =
    title
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  const points = Array.from(words.join('-'));
  return points.slice(0, MAX_LENGTH).join('').replace(/-$/, '');
}

/**
 * Runs `work`, which is a transaction of its own, with a slug for the title, and repeats it with a random suffix when the
 * unique index rejects the slug.
 */
export async function withFreeSlug<T>(title: string, work: (slug: string) => Promise<T>): Promise<T> {
  const readable = slugOf(title);
  let slug = RESERVED.has(readable) ? withSuffix(readable) : readable;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(slug);
    } catch (error) {
      if (!isSlugTaken(error) || attempt === MAX_ATTEMPTS) throw error;
      slug = withSuffix(readable);
    }
  }
}

function withSuffix(readable: string): string {
  return `${readable || 'article'}-${randomInt(SUFFIX_VALUES).toString(36).padStart(6, '0')}`;
}

function isSlugTaken(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code, constraint } = error.driverError as { code?: string; constraint?: string };
  return code === UNIQUE_VIOLATION && constraint === 'articles_slug';
}
