import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { seamServer } from '@tearline/seam';
import { AppModule } from './app.module.js';

const { PORT = '3000' } = process.env;

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: ['error', 'warn'] });
app.enableShutdownHooks();
await seamServer(app);
await app.listen(Number(PORT), '127.0.0.1');
process.stdout.write(`listening on ${await app.getUrl()}\n`);
