import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DatabaseModule } from '@tearline/database';
import { EventsModule } from '@tearline/events';
import { manifests } from './question.js';

/** More than the rate of the questions needs, so that no way waits for itself. */
const CONCURRENCY = 16;

/** The module's database, and the queues in Redis. */
export function eventsModules(name: string): DynamicModule[] {
  const { DATABASE_URL: url, REDIS_URL: redisUrl } = process.env;
  return [
    DatabaseModule.forRoot({ urls: { [name]: url! }, connections: 20 }),
    EventsModule.forRoot({
      broker: { redisUrl: redisUrl! },
      manifests,
      isWorker: true,
      concurrency: CONCURRENCY,
    }),
  ];
}

export const startApp = (root: Type) => NestFactory.create(root, new FastifyAdapter(), { logger: false });

/** Listens, says so as a host does, and ends with SIGTERM after what is under way. */
export async function listen(app: INestApplication): Promise<void> {
  await app.listen(Number(process.env['PORT']), '127.0.0.1');
  process.once('SIGTERM', () => void app.close().finally(() => process.exit(0)));
  process.stdout.write(`${JSON.stringify({ url: await app.getUrl(), msg: 'listening' })}\n`);
}
