import type { AddressInfo } from 'node:net';
import { Controller, type DynamicModule, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHost, hostSettings } from '@tearline/host';
import { readSettings } from '@tearline/settings';
import { Broker, type BrokerOptions } from '../broker/broker.js';
import { EVENTS_OPTIONS, type EventsOptions } from '../events-options.js';
import { QueuesBoard } from './queues-board.js';

/** A route beside the board. */
@Controller('own')
class OwnController {
  @Post()
  answer(): string {
    return 'own';
  }
}

/** Starts a host with the board of two queues; the first has a waiting job. */
export async function openBoard(
  at: BrokerOptions,
): Promise<{ url: string; lines: string[]; close(): Promise<void> }> {
  const broker = new Broker(at);
  await broker.check();
  await broker.queue('readers').add('articles/published', { slug: 'a' }, { jobId: 'articles-1' });

  // The board reads only the names of queues.
  const manifests = ['readers', 'writers'].map((name) => ({ name, jobs: [], subscribes: [{}] }));
  const options = { manifests, operatorPassword: 'correct horse' } as unknown as EventsOptions;
  const root: DynamicModule = {
    module: class Board {},
    controllers: [OwnController],
    providers: [
      QueuesBoard,
      { provide: EVENTS_OPTIONS, useValue: options },
      { provide: Broker, useValue: broker },
    ],
  };
  const lines: string[] = [];
  const app: NestFastifyApplication = await createHost({
    modules: [],
    imports: [root],
    // Unchecked, because no module declares the route beside the board.
    settings: readSettings(hostSettings, { SEAM_CHECKED: 'off', LOG_FORMAT: 'json', LOG_LEVEL: 'debug' }),
    log: { write: (text) => lines.push(...text.trimEnd().split('\n')) },
  });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    lines,
    close: async () => {
      await app.close();
      await broker.close();
    },
  };
}

/** Headers of an operator's browser. */
export const asOperator = (password = 'correct horse') => ({
  authorization: `Basic ${Buffer.from(`operator:${password}`).toString('base64')}`,
});
