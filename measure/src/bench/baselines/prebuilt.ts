/**
 * The baseline for the framework: Nest on Fastify. It answers with prepared text of the length in the path and
 * writes one line of pino's for each request.
 */
import 'reflect-metadata';
import { All, Controller, Header, Module, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';

const JSON_TYPE = 'application/json; charset=utf-8';
const texts = new Map<string, string>();

function textOf(length: string): string {
  let text = texts.get(length);
  if (text === undefined) texts.set(length, (text = JSON.stringify('x'.repeat(Number(length) - 2))));
  return text;
}

@Controller()
class PrebuiltController {
  @All(':length')
  @Header('content-type', JSON_TYPE)
  answer(@Param('length') length: string): string {
    return textOf(length);
  }
}

@Module({ controllers: [PrebuiltController] })
class PrebuiltModule {}

const app = await NestFactory.create<NestFastifyApplication>(PrebuiltModule, new FastifyAdapter(), {
  logger: false,
});
const log = pino({}, pino.destination({ fd: 1, sync: false, minLength: 4096 }));
app
  .getHttpAdapter()
  .getInstance()
  .addHook('onResponse', (request, reply, done) => {
    const { id: requestId, method, url } = request;
    log.info({ requestId, method, url, status: reply.statusCode, duration: reply.elapsedTime }, 'request');
    done();
  });
await app.listen(0, '127.0.0.1');
process.stdout.write(`${JSON.stringify({ msg: 'listening', url: await app.getUrl() })}\n`);
