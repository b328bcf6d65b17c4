/** The yardstick of the framework: Nest on Fastify, which answers each endpoint with text of the same size, ready-made. */
import 'reflect-metadata';
import { Controller, Delete, Get, Header, Module, Param, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { readFileSync } from 'node:fs';

/** Text by endpoint. */
const bodies = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as Record<string, string>;
const JSON_TYPE = 'application/json; charset=utf-8';

@Controller()
class PrebuiltController {
  @Get(':endpoint')
  @Header('content-type', JSON_TYPE)
  read(@Param('endpoint') endpoint: string): string {
    return bodies[endpoint]!;
  }

  @Post(':endpoint')
  @Header('content-type', JSON_TYPE)
  write(@Param('endpoint') endpoint: string): string {
    return bodies[endpoint]!;
  }

  @Delete(':endpoint')
  @Header('content-type', JSON_TYPE)
  remove(@Param('endpoint') endpoint: string): string {
    return bodies[endpoint]!;
  }
}

@Module({ controllers: [PrebuiltController] })
class PrebuiltModule {}

const app = await NestFactory.create<NestFastifyApplication>(PrebuiltModule, new FastifyAdapter(), { logger: false });
await app.listen(0, '127.0.0.1');
process.stdout.write(`${JSON.stringify({ msg: 'listening', url: await app.getUrl() })}\n`);
