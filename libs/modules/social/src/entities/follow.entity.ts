import { CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'social', name: 'follows' })
export class FollowEntity {
  @PrimaryColumn('bigint', { name: 'follower_id' })
  followerId: number;

  @PrimaryColumn('bigint', { name: 'followee_id' })
  followeeId: number;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt: Date;
}
