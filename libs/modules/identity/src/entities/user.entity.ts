import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';

@Entity({ schema: 'identity', name: 'users' })
export class UserEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id: number;

  /** In the user's spelling. */
  @Column('text')
  username: string;

  /** Unique. */
  @Column('text', { name: 'canonical_username' })
  canonicalUsername: string;

  /** In the user's spelling. */
  @Column('text')
  email: string;

  /** Unique. */
  @Column('text', { name: 'canonical_email' })
  canonicalEmail: string;

  @Column('text', { name: 'password_hash' })
  passwordHash: string;

  @Column('text', { nullable: true })
  bio: string | null;

  @Column('text', { nullable: true })
  image: string | null;

  @CreateDateColumn({ name: 'created_at', type: 'timestamptz', precision: 3 })
  createdAt: Date;

  @UpdateDateColumn({ name: 'updated_at', type: 'timestamptz', precision: 3 })
  updatedAt: Date;
}
