import type { SeedPlan } from '@tearline/database';
import { UsageError } from '@tearline/process';

/** The default plan, which takes seconds. */
export const SMALL: SeedPlan = {
  seed: 1,
  users: 50,
  articles: 200,
  comments: 500,
  favorites: 1_000,
  follows: 300,
};

/**
 * Completes the requested counts with the default ones, reduced to what the other counts allow.
 * @throws UsageError when more is requested than the other counts allow
 */
export function seedPlanOf(requested: Partial<SeedPlan>): SeedPlan {
  const users = requested.users ?? SMALL.users;

  const upTo = (name: keyof SeedPlan, max: number, reason: string) => {
    const count = requested[name];
    if (count === undefined) return Math.min(SMALL[name], max);
    if (count <= max) return count;
    throw new UsageError(
      `--${name} ${count}: ${max === 0 ? 'none are possible' : `at most ${max}`}, ${reason}`,
    );
  };
  const articles = upTo('articles', users && Infinity, 'since articles need authors; ask for --users too');
  return {
    seed: requested.seed ?? SMALL.seed,
    users,
    articles,
    comments: upTo('comments', users && articles && Infinity, 'since comments need --users and --articles'),
    favorites: upTo(
      'favorites',
      users * articles,
      `one for each of ${users} users and ${articles} articles; ask for fewer, or for more of those`,
    ),
    follows: upTo(
      'follows',
      users * Math.max(0, users - 1),
      `since each of ${users} users can follow each other one once; ask for fewer, or for more --users`,
    ),
  };
}
