import type { SeedFunction } from '@tearline/database';

const BATCH_SIZE = 10_000;

const INSERT = `
  insert into follows (follower_id, followee_id)
  select * from unnest($1::bigint[], $2::bigint[])`;

/** Seeds follows among the seeded users; a few users have most of the followers. */
export const seed: SeedFunction = async (context) => {
  const users = context.ranges['identity']!;
  const wanted = Math.min(context.plan.follows, users.count * (users.count - 1));
  const [followers, followees] = follows(users.count, wanted, context.random('follows'));
  for (let done = 0; done < wanted;) {
    const end = Math.min(done + BATCH_SIZE, wanted);
    const ids = (places: readonly number[]) => places.slice(done, end).map((place) => users.first + place);
    await context.query(INSERT, [ids(followers), ids(followees)]);
    done = end;
    context.progress(done, wanted);
  }
  return undefined;
};

/** Returns distinct pairs of user indexes: all users follow about as many, and low indexes have more followers. */
function follows(users: number, wanted: number, next: () => number): [number[], number[]] {
  const followers: number[] = [];
  const followees: number[] = [];
  for (let follower = 0; follower < users; follower += 1) {
    const count = Math.ceil((wanted - followers.length) / (users - follower));
    const used = new Set([follower]);
    while (used.size <= count) {
      let followee = Math.floor(next() ** 2 * users);
      while (used.has(followee)) followee = (followee + 1) % users;
      used.add(followee);
      followers.push(follower);
      followees.push(followee);
    }
  }
  return [followers, followees];
}
