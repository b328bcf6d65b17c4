import type { SeedFunction } from '@tearline/database';
import { Followed } from './contract.js';

const BATCH_SIZE = 10_000;

const INSERT = `
  insert into follows (follower_id, followee_id, created_at)
  select * from unnest($1::bigint[], $2::bigint[], $3::timestamptz[])`;
/** Sample users follow each other in the two months after the sample articles. */
const OLDEST = Date.UTC(2026, 0, 1);
const SPAN_MS = 60 * 86_400_000;

/** Seeds follows among the seeded users; a few users have most of the followers. */
export const seed: SeedFunction = async (context) => {
  const users = context.ranges['identity']!;
  const wanted = Math.min(context.plan.follows, users.count * (users.count - 1));
  const [followers, followees] = follows(users.count, wanted, context.random('follows'));
  for (let done = 0; done < wanted;) {
    const end = Math.min(done + BATCH_SIZE, wanted);
    const ids = (places: readonly number[]) => places.slice(done, end).map((place) => users.first + place);
    const times = Array.from(
      { length: end - done },
      (_, place) => new Date(OLDEST + ((done + place) / wanted) * SPAN_MS),
    );
    const [followerIds, followeeIds] = [ids(followers), ids(followees)];
    await context.query(INSERT, [followerIds, followeeIds, times]);
    for (const [place, followerId] of followerIds.entries())
      context.emit(Followed, { followerId, followeeId: followeeIds[place]! }, times[place]!);
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
