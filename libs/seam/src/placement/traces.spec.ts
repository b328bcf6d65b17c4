import { Injectable, Module } from '@nestjs/common';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  CallContext,
  type ClientOf,
  contract,
  currentSpan,
  Implements,
  query,
  runCall,
  SeamError,
} from '../index.js';
import { openApp, openCallee, openCaller } from './apps.fixture.js';
import { MemoryTracer } from './memory-tracer.fixture.js';

const StockContract = contract('stock', {
  count: query({ input: z.object({ id: z.int() }), output: z.int(), errors: ['stock/unknown'] }),
  kept: query({ input: z.object({ id: z.int() }), output: z.int(), keep: { for: 60_000 } }),
});
type Stock = ClientOf<typeof StockContract>;

@Implements(StockContract)
@Injectable()
class StockHandler implements Stock {
  async count({ id }: { id: number }) {
    currentSpan()?.startChild({ name: 'select', kind: 'client' }).end();
    if (id === 0) throw new SeamError('stock/unknown');
    if (id < 0) throw new TypeError('a mistake');
    return id;
  }

  async kept({ id }: { id: number }) {
    return id;
  }
}

@Module({ providers: [StockHandler] })
class StockModule {}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function openLocal(tracer: MemoryTracer): Promise<Stock> {
  const app = await openApp(
    { local: [StockContract], tracer, observer: { unexpectedError() {} } },
    StockModule,
  );
  closing.push(() => app.close());
  return app.get<Stock>(StockContract.token);
}

async function openRemote(tracer: MemoryTracer): Promise<Stock> {
  const callee = await openCallee(
    { local: [StockContract], tracer, observer: { unexpectedError() {} } },
    {},
    StockModule,
  );
  const caller = await openCaller([callee.address], { tracer }, {}, StockContract);
  closing.push(caller.close, callee.close);
  return caller.client;
}

/** Makes a call within a span. @returns the spans, and the placements that they name */
async function traced(
  open: (tracer: MemoryTracer) => Promise<Stock>,
  call: (stock: Stock) => Promise<unknown>,
) {
  const tracer = new MemoryTracer();
  const stock = await open(tracer);
  const span = tracer.begin({ name: 'GET', kind: 'server' });
  const context = new CallContext({ requestId: 'r', deadline: performance.now() + 10_000, span });
  await runCall(context, () => call(stock)).catch(() => undefined);
  span.end();
  return { tree: span.tree, spans: tracer.spans };
}

const placements = [
  ['local', openLocal],
  ['remote', openRemote],
] as const;

describe.each(placements)('a traced call, %s', (placement, open) => {
  it('has a span of the caller, one of the callee, and what that does below it', async () => {
    const { tree, spans } = await traced(open, (stock) => stock.count({ id: 1 }));
    expect(tree).toEqual([
      'GET server ok',
      ['stock.count client ok', ['stock.count server ok', ['select client ok']]],
    ]);
    expect(spans.map(({ attributes }) => attributes['tearline.placement'])).toEqual([
      undefined,
      placement,
      placement,
      undefined,
    ]);
    expect(spans[1]!.attributes).toMatchObject({
      'rpc.system.name': 'tearline',
      'rpc.method': 'stock.count',
    });
  });

  it('has not failed when it ends with an error that the contract declares', async () => {
    const { tree, spans } = await traced(open, (stock) => stock.count({ id: 0 }));
    expect(tree).toEqual([
      'GET server ok',
      ['stock.count client ok', ['stock.count server ok', ['select client ok']]],
    ]);
    expect(spans[1]!.attributes['rpc.response.status_code']).toBe('stock/unknown');
  });

  it('has failed when it ends with another error', async () => {
    const { tree } = await traced(open, (stock) => stock.count({ id: -1 }));
    expect(tree).toEqual([
      'GET server ok',
      ['stock.count client internal', ['stock.count server TypeError', ['select client ok']]],
    ]);
  });

  it('is not recorded outside of a traced call', async () => {
    const tracer = new MemoryTracer();
    const stock = await open(tracer);
    await stock.count({ id: 1 });
    const context = new CallContext({ requestId: 'r', deadline: performance.now() + 10_000 });
    await runCall(context, () => stock.count({ id: 1 }));
    expect(tracer.spans).toEqual([]);
  });
});

it('a cached answer is an attribute of the caller, and no call', async () => {
  const { tree, spans } = await traced(openRemote, async (stock) => {
    await stock.kept({ id: 1 });
    await stock.kept({ id: 1 });
  });
  expect(tree).toEqual([
    'GET server ok',
    ['stock.kept client ok', ['stock.kept server ok']],
    ['stock.kept client ok'],
  ]);
  const answers = spans.map(({ attributes }) => attributes['tearline.answer']).filter(Boolean);
  expect(answers).toEqual(['asked', 'cached']);
});
