/** Answers the question in three ways: over the seam, over HTTP, and an event with an event. */
import 'reflect-metadata';
import { Body, Controller, HttpCode, Injectable, Module, Post } from '@nestjs/common';
import { DatabaseModule } from '@tearline/database';
import { EventsModule, InjectOutbox, type Message, OnEvent, Outbox, Subscriber } from '@tearline/events';
import { Implements, type InputOf, SeamModule, seamServer } from '@tearline/seam';
import { setTimeout as pause } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { z } from 'zod';
import { Answered, type Answering, AnsweringContract, Asked, Question, SECRET } from './question.js';
import { eventsModules, listen, startApp } from './start-app.js';

/** Milliseconds that each answer takes. */
let delay = 0;

async function answer({ among }: InputOf<typeof AnsweringContract, 'followedAmong'>): Promise<number[]> {
  if (delay > 0) await pause(delay);
  return among.filter((id) => id % 2 === 0);
}

@Implements(AnsweringContract)
@Injectable()
class AnsweringHandler implements Answering {
  followedAmong(question: InputOf<typeof AnsweringContract, 'followedAmong'>) {
    return answer(question);
  }
}

@Subscriber('answering')
@Injectable()
class AskedSubscriber {
  constructor(@InjectOutbox('answering') private readonly outbox: Outbox) {}

  @OnEvent(Asked)
  async asked({ payload: { id, question } }: Message<typeof Asked>, manager: EntityManager): Promise<void> {
    await this.outbox.publish(manager, Answered, `question/${id}`, { id, answer: await answer(question) });
  }
}

@Controller()
class AnsweringController {
  @Post('followed-among')
  @HttpCode(200)
  followedAmong(@Body() body: unknown) {
    return answer(Question.parse(body));
  }

  @Post('delay')
  setDelay(@Body() body: unknown): void {
    delay = z.object({ delay: z.int() }).parse(body).delay;
  }
}

@Module({
  imports: [
    SeamModule.forRoot({ local: [AnsweringContract] }),
    ...eventsModules('answering'),
    DatabaseModule.forModule('answering', []),
    EventsModule.forModule('answering'),
  ],
  controllers: [AnsweringController],
  providers: [AnsweringHandler, AskedSubscriber],
})
class AnsweringModule {}

const app = await startApp(AnsweringModule);
await seamServer(app, { port: Number(process.env['RPC_PORT']), credential: { secret: SECRET } });
await listen(app);
