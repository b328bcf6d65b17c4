import { Injectable } from '@nestjs/common';
import { InjectReader, Reader, statement } from '@tearline/database';

const FOLLOWED_AMONG = statement<{ id: number }>(
  'social.among',
  'select followee_id as id from follows where follower_id = $1 and followee_id = any($2::bigint[])',
);
/** Users whom a user may follow, so that a feed and its query stay small. */
export const MAX_FOLLOWED = 10_000;

const FOLLOWED_BY = statement<{ ids: number[] }>(
  'social.by',
  `select array(select followee_id from follows where follower_id = $1 limit ${MAX_FOLLOWED}) as ids`,
);
const FOLLOWERS_OF = statement<{ id: number }>(
  'social.of',
  `select follower_id as id from follows where followee_id = $1 and follower_id > $2
     order by follower_id limit $3`,
);

/** The module's reads as named prepared statements. */
@Injectable()
export class FollowReads {
  constructor(@InjectReader('social') private readonly reader: Reader) {}

  async followedAmong(follower: number, among: readonly number[]): Promise<number[]> {
    if (among.length === 0) return [];
    return (await this.reader.rows(FOLLOWED_AMONG, [follower, among])).map(({ id }) => id);
  }

  async followedBy(follower: number): Promise<number[]> {
    return (await this.reader.row(FOLLOWED_BY, [follower]))!.ids;
  }

  async followersOf(followee: number, after: number, limit: number): Promise<number[]> {
    return (await this.reader.rows(FOLLOWERS_OF, [followee, after, limit])).map(({ id }) => id);
  }
}
