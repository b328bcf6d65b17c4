/** Asks the question in three ways, as often as the bench requests. */
import 'reflect-metadata';
import { Body, Controller, HttpCode, Injectable, Module, Post } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DatabaseModule } from '@tearline/database';
import { EventsModule, InjectOutbox, type Message, OnEvent, Outbox, Subscriber } from '@tearline/events';
import { Seam, SeamModule } from '@tearline/seam';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import {
  Answer,
  Answered,
  type Answering,
  AnsweringContract,
  Asked,
  type Question,
  SECRET,
  TIMEOUT_MS,
} from './question.js';
import { eventsModules, listen, startApp } from './start-app.js';

const { ANSWERING_URL: url = '', ANSWERING_RPC = '' } = process.env;

/** Questions that were published, by id. */
const asked = new Map<string, (answer: readonly number[]) => void>();

@Subscriber('asking')
@Injectable()
class AnsweredSubscriber {
  @OnEvent(Answered)
  async answered({ payload: { id, answer } }: Message<typeof Answered>): Promise<void> {
    asked.get(id)?.(answer);
  }
}

const Work = z.object({
  way: z.enum(['seam', 'HTTP', 'event']),
  /** Milliseconds. */
  length: z.number(),
  /** Questions at the same time, each asked when the one before is answered; or questions a second, whatever is answered. */
  connections: z.int().optional(),
  rate: z.int().optional(),
});
export type Work = z.infer<typeof Work>;

/** What the caller saw: milliseconds until each answer, and until each failure. */
export interface Asking {
  readonly answered: number[];
  readonly failed: number[];
}

@Controller()
class AskingController {
  constructor(
    @Seam(AnsweringContract) private readonly answering: Answering,
    @InjectDataSource('asking') private readonly database: DataSource,
    @InjectOutbox('asking') private readonly outbox: Outbox,
  ) {}

  readonly #ways: Readonly<Record<Work['way'], (question: Question) => Promise<readonly number[]>>> = {
    seam: (question) => this.answering.followedAmong(question),
    HTTP: async (question) => {
      const response = await fetch(`${url}/followed-among`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(question),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (!response.ok) throw new Error(`answered ${response.status}`);
      return Answer.parse(await response.json());
    },
    event: async (question) => {
      const id = randomUUID();
      const { promise, resolve } = Promise.withResolvers<readonly number[]>();
      asked.set(id, resolve);
      try {
        await this.database.transaction((manager) =>
          this.outbox.publish(manager, Asked, `question/${id}`, { id, question }),
        );
        return await promise;
      } finally {
        asked.delete(id);
      }
    },
  };

  @Post('ask')
  @HttpCode(200)
  async ask(@Body() body: unknown): Promise<Asking> {
    const { way, length, connections, rate } = Work.parse(body);
    const asking: Asking = { answered: [], failed: [] };
    const started = performance.now();
    let count = 0;
    const askOnce = async () => {
      count += 1;
      const since = performance.now();
      const question = { follower: count, among: Array.from({ length: 20 }, (_, index) => count + index) };
      const isAnswered = await this.#ways[way](question).then(
        () => true,
        () => false,
      );
      (isAnswered ? asking.answered : asking.failed).push(performance.now() - since);
    };
    const untilOver = async () => {
      while (performance.now() - started < length) await askOnce();
    };
    if (connections !== undefined) await Promise.all(Array.from({ length: connections }, untilOver));
    const open: Promise<void>[] = [];
    if (rate !== undefined)
      while (performance.now() - started < length) {
        open.push(askOnce());
        await pause(Math.max(0, started + (1_000 * count) / rate - performance.now()));
      }
    await Promise.all(open);
    return asking;
  }
}

@Module({
  imports: [
    SeamModule.forRoot({
      local: [],
      remote: [{ contracts: [AnsweringContract], addresses: [ANSWERING_RPC] }],
      credential: { secret: SECRET },
    }),
    ...eventsModules('asking'),
    DatabaseModule.forModule('asking', []),
    EventsModule.forModule('asking'),
  ],
  controllers: [AskingController],
  providers: [AnsweredSubscriber],
})
class AskingModule {}

await listen(await startApp(AskingModule));
