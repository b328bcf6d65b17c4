import type { SeedPlan } from '@tearline/database';
import { UsageError } from '@tearline/process';
import type { OptionValues } from './command.js';

/** How much there is when nothing is said: enough to look around, made in seconds. */
export const SMALL: SeedPlan = {
  seed: 1,
  users: 50,
  articles: 200,
  comments: 500,
  favorites: 1_000,
  follows: 300,
};

/**
 * The plan in the options of a command. What is not given is small, and smaller where the rest leaves no room for it.
 * @throws UsageError for what is no number, and for more than can be
 */
export function seedPlanOf(values: OptionValues): SeedPlan {
  const asked = (name: keyof SeedPlan) => countOf(name, values[name]);
  const users = asked('users') ?? SMALL.users;

  const upTo = (name: keyof SeedPlan, most: number, why: string) => {
    const count = asked(name);
    if (count === undefined) return Math.min(SMALL[name], most);
    if (count <= most) return count;
    throw new UsageError(
      `--${name} ${count}: ${most === 0 ? 'none are possible' : `at most ${most}`}, ${why}`,
    );
  };
  const articles = upTo('articles', users && Infinity, 'since articles need authors; ask for --users too');
  return {
    seed: asked('seed') ?? SMALL.seed,
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

function countOf(name: string, text: string | boolean | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (typeof text !== 'string' || !/^\d{1,9}$/.test(text))
    throw new UsageError(`--${name} '${text}': must be a whole number from 0 to 999999999`);
  return Number(text);
}
