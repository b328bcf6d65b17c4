import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { seamServer } from '@tearline/seam';
import { AppModule } from './app.module.js';

const { PORT = '3000', SEAM_PORT, SEAM_SECRET: secret } = process.env;

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error', 'warn'] });
const server = SEAM_PORT && (await seamServer(app, { port: Number(SEAM_PORT), credential: { secret } }));
const end = async () => {
  if (server) await server.drain();
  await app.close();
};
process.once('SIGTERM', () => void end());
await app.listen(Number(PORT), '127.0.0.1');
process.stdout.write(`listening on ${await app.getUrl()}\n`);
