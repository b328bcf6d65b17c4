import type { SeedFunction } from '@tearline/database';

const BATCH = 10_000;

const INSERT = `
  insert into follows (follower_id, followee_id)
  select * from unnest($1::bigint[], $2::bigint[])`;

/** Lets the users of this seed follow one another; a few of them have most of the followers. */
export const seed: SeedFunction = async (context) => {
  const users = context.ranges['identity']!;
  const wanted = Math.min(context.plan.follows, users.count * (users.count - 1));
  const [followers, followees] = follows(users.count, wanted, context.random('follows'));
  for (let done = 0; done < wanted;) {
    const end = Math.min(done + BATCH, wanted);
    const ids = (places: readonly number[]) => places.slice(done, end).map((place) => users.first + place);
    await context.query(INSERT, [ids(followers), ids(followees)]);
    done = end;
    context.progress(done, wanted);
  }
  return undefined;
};

/** Distinct pairs of users, by place: everybody follows about as many, and low places are followed more. */
function follows(users: number, wanted: number, next: () => number): [number[], number[]] {
  const followers: number[] = [];
  const followees: number[] = [];
  for (let follower = 0; follower < users; follower += 1) {
    const most = Math.ceil((wanted - followers.length) / (users - follower));
    const taken = new Set([follower]);
    while (taken.size <= most) {
      let followee = Math.floor(next() ** 2 * users);
      while (taken.has(followee)) followee = (followee + 1) % users;
      taken.add(followee);
      followers.push(follower);
      followees.push(followee);
    }
  }
  return [followers, followees];
}
