/** A Nest application on Fastify with an empty module: the part of a host's cost that Tearline cannot save. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { logListening } from './listen.js';

@Module({})
class EmptyModule {}

const app = await NestFactory.create<NestFastifyApplication>(EmptyModule, new FastifyAdapter(), {
  logger: false,
});
await app.listen(0, '127.0.0.1');
logListening(await app.getUrl());
