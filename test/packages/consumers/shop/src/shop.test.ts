import 'reflect-metadata';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { httpAdapter } from './http-adapter.js';

function spawnStock(): ChildProcess {
  return spawn(process.execPath, [join('dist', 'stock-process.js')], { stdio: ['pipe', 'pipe', 'inherit'] });
}

async function portOf(stock: ChildProcess): Promise<string> {
  const [line] = (await once(stock.stdout!, 'data')) as [Buffer];
  return /^port (\d+)/.exec(String(line))![1]!;
}

describe.each(['one process', 'two processes'])('the shop as %s', (placement) => {
  let stock: ChildProcess | undefined;
  let app: INestApplication | undefined;
  let url: string;

  beforeAll(async () => {
    if (placement === 'two processes') stock = spawnStock();
    const module = stock
      ? AppModule.with({ modules: ['orders'], stockAddress: `127.0.0.1:${await portOf(stock)}` })
      : AppModule.with({ modules: ['stock', 'orders'] });
    app = await NestFactory.create(module, httpAdapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterAll(async () => {
    await app?.close();
    if (!stock) return;
    stock.kill('SIGTERM');
    const [code] = (await once(stock, 'exit')) as [number | null];
    expect(code).toBe(0);
  });

  async function request(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ status: number; text: string }> {
    const response = await fetch(`${url}/orders${path}`, {
      method,
      headers: body ? { 'content-type': 'application/json' } : {},
      body: body ? JSON.stringify(body) : null,
    });
    return { status: response.status, text: await response.text() };
  }

  it('reads values with their types', async () => {
    const { status, text } = await request('GET', '/offer/lamp');
    const item = { sku: 'lamp', left: 3, restockedOn: '2026-01-05T00:00:00.000Z' };
    expect([status, JSON.parse(text)]).toEqual([200, { item, restockedIn: 2026 }]);
  });

  it('changes values, and gives the errors of the contract', async () => {
    expect(await request('POST', '', { sku: 'lamp', quantity: 2 })).toEqual({
      status: 201,
      text: '{"left":1}',
    });
    expect(await request('POST', '', { sku: 'lamp', quantity: 2 })).toEqual({
      status: 409,
      text: '{"left":1}',
    });
    expect((await request('GET', '/offer/sofa')).status).toBe(404);
    expect((await request('POST', '/refill')).status).toBe(201);
    expect((await request('GET', '/offer/lamp')).text).toContain('"left":3');
  });
});
