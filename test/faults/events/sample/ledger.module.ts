import { Body, Controller, HttpCode, Injectable, Module, Post } from '@nestjs/common';
import { DatabaseModule, InjectTransactions, Transactions } from '@tearline/database';
import { EventsModule, InjectOutbox, Outbox } from '@tearline/events';
import { type ClientOf, Implements } from '@tearline/seam';
import type { EntityManager } from 'typeorm';
import { Entered, LedgerContract } from './contracts.js';
import { defect } from './fault-injection.js';

interface Entry {
  aggregate: string;
  n: number;
}

@Implements(LedgerContract)
@Injectable()
class LedgerProvider implements ClientOf<typeof LedgerContract> {
  async nothing() {}
}

@Controller('entries')
class EntriesController {
  constructor(
    @InjectTransactions('ledger') private readonly transactions: Transactions,
    @InjectOutbox('ledger') private readonly outbox: Outbox,
  ) {}

  /** Replies when the entry and its event are committed. */
  @Post()
  @HttpCode(204)
  async enter(@Body() entry: Entry): Promise<void> {
    if (defect === 'event-in-a-transaction-of-its-own') {
      await this.inTransaction('enter', entry, (manager) => this.insert(manager, entry));
      await this.inTransaction('publish', entry, (manager) => this.publish(manager, entry));
      return;
    }
    await this.inTransaction('enter', entry, async (manager) => {
      // The event first: it locks the aggregate, so the ids of its entries have the order of its events.
      await this.publish(manager, entry);
      await this.insert(manager, entry);
    });
  }

  private inTransaction(name: string, entry: Entry, work: (manager: EntityManager) => Promise<void>) {
    return this.transactions.run(name, entry, work);
  }

  private async insert(manager: EntityManager, { aggregate, n }: Entry): Promise<void> {
    await manager.query('insert into entries (aggregate, n) values ($1, $2)', [aggregate, n]);
  }

  private publish(manager: EntityManager, { aggregate, n }: Entry): Promise<void> {
    return this.outbox.publish(manager, Entered, aggregate, { n });
  }
}

@Module({
  imports: [DatabaseModule.forModule('ledger', []), EventsModule.forModule('ledger')],
  controllers: [EntriesController],
  providers: [LedgerProvider],
})
export class LedgerModule {}
