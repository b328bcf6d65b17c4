import { Injectable, Module } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DatabaseModule } from '@tearline/database';
import {
  EventsModule,
  InjectOutbox,
  type JobPayloadOf,
  type Message,
  OnEvent,
  OnJob,
  Outbox,
  type RunningJob,
  Subscriber,
} from '@tearline/events';
import { type ClientOf, Implements } from '@tearline/seam';
import { DataSource, type EntityManager } from 'typeorm';
import { CopiesContract, Entered, Stamp } from './contracts.js';
import { FATAL_ENTRY } from '../injection-points.js';
import { defect, reachPoint } from './fault-injection.js';

@Implements(CopiesContract)
@Injectable()
class CopiesProvider implements ClientOf<typeof CopiesContract> {
  async nothing() {}
}

/** Nothing in its tables is unique, so an effect that happens twice shows. */
@Subscriber('copies')
@Injectable()
class Copyist {
  constructor(
    @InjectDataSource('copies') private readonly database: DataSource,
    @InjectOutbox('copies') private readonly outbox: Outbox,
  ) {}

  @OnEvent(Entered)
  async copy({ aggregate, seq, payload: { n } }: Message<typeof Entered>, manager: EntityManager) {
    if (defect === 'handler-ends-its-process' && n === FATAL_ENTRY) process.exit(1);
    await reachPoint('handling', n);
    const writing = defect === 'effect-outside-the-transaction' ? this.database.manager : manager;
    await writing.query('insert into effects (aggregate, seq, n) values ($1, $2, $3)', [aggregate, seq, n]);
    await this.outbox.enqueue(manager, Stamp, { aggregate, n });
    await reachPoint('effect', n);
  }

  @OnJob(Stamp)
  async stamp({ aggregate, n }: JobPayloadOf<typeof Stamp>, job: RunningJob): Promise<void> {
    await reachPoint('job-running', n);
    await job.complete(async (manager) => {
      await manager.query('insert into stamps (aggregate, n) values ($1, $2)', [aggregate, n]);
      await reachPoint('job-effect', n);
    });
  }
}

@Module({
  imports: [DatabaseModule.forModule('copies', []), EventsModule.forModule('copies')],
  providers: [CopiesProvider, Copyist],
})
export class CopiesModule {}
