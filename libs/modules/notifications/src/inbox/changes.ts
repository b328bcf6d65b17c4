import { Injectable, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Broadcaster } from '@tearline/events';
import type { DataSource, EntityManager, EntitySubscriberInterface, TransactionCommitEvent } from 'typeorm';

/** What a signal says: whose inboxes have changed, or that it is too many to say. */
export type ChangedUsers = readonly number[] | 'many';

export const TOPIC = 'notifications';
const KEY = 'changed inboxes';
/** A signal is a small thing. */
const MOST_NAMED = 50;

/** Tells every process, once it is committed, whose notifications have changed, so that open streams need not wait. */
@Injectable()
export class Changes implements OnModuleInit, EntitySubscriberInterface {
  constructor(
    @InjectDataSource('notifications') private readonly database: DataSource,
    private readonly broadcaster: Broadcaster,
  ) {}

  onModuleInit(): void {
    this.database.subscribers.push(this);
  }

  /** Notes what the transaction of this manager does. */
  note(manager: EntityManager, users: readonly number[]): void {
    const data = manager.queryRunner!.data as { [KEY]?: Set<number> };
    const noted = (data[KEY] ??= new Set());
    for (const user of users) noted.add(user);
  }

  afterTransactionCommit({ queryRunner }: TransactionCommitEvent): void {
    const data = queryRunner.data as { [KEY]?: Set<number> };
    const noted = data[KEY];
    // A savepoint's end is announced, too.
    if (!noted || queryRunner.isTransactionActive) return;
    delete data[KEY];
    const users: ChangedUsers = noted.size > MOST_NAMED ? 'many' : [...noted];
    this.broadcaster.publish(TOPIC, users);
  }
}
