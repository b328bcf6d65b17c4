import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { seamServer } from '@tearline/seam';
import { AppModule, credential } from './app.module.js';
import { httpAdapter } from './http-adapter.js';

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule.with({ modules: ['stock'] }), httpAdapter(), {
    logger: false,
  });
  const server = await seamServer(app, { port: 0, credential });
  process.stdout.write(`port ${server.port}\n`);
  const end = async () => {
    await server.drain();
    await app.close();
    process.stdin.destroy();
  };
  process.once('SIGTERM', () => void end());
  // It never outlives the test that started it.
  process.stdin.resume().once('end', () => process.exit());
}
void main();
