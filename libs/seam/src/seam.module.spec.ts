import { Injectable, Module, Scope } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  CallContext,
  type ClientOf,
  command,
  contract,
  currentCall,
  Implements,
  query,
  runCall,
  Seam,
  SeamError,
  SeamModule,
  type SeamModuleOptions,
} from './index.js';

const Item = z.object({ id: z.int(), at: z.date(), note: z.string().optional() });
const StockContract = contract(
  'stock',
  {
    item: query({ input: z.object({ id: z.int() }), output: Item.nullable(), errors: ['item/not-found'] }),
    requestId: query({ output: z.string() }),
    slow: query({ input: z.object({ ms: z.int() }), output: z.string(), timeout: 30 }),
    take: command({ input: z.object({ ids: z.array(z.int()) }), output: z.object({ taken: z.int() }) }),
  },
  { frozen: true },
);
type Stock = ClientOf<typeof StockContract>;

let aborted: string | undefined;

@Implements(StockContract)
@Injectable()
class StockService implements Stock {
  calls = 0;

  async item({ id }: { readonly id: number }) {
    this.calls += 1;
    if (id === 0) throw new SeamError('item/not-found', { data: { id } });
    if (id === -1) throw new Error('the disk is on fire');
    if (id === -2) throw new SeamError('item/undeclared');
    if (id === -3) return { id, at: new Date(0), secret: 'left in' };
    return { id, at: new Date(1_700_000_000_000), note: undefined };
  }

  async requestId() {
    return currentCall()!.requestId;
  }

  async slow() {
    const { signal } = currentCall()!;
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    aborted = (signal.reason as SeamError).code;
    return 'too late';
  }

  async take({ ids }: { readonly ids: readonly number[] }) {
    if (ids.length === 0) (ids as number[]).push(1);
    this.calls += 1;
    return { taken: ids.length };
  }
}

@Injectable()
class Shop {
  constructor(@Seam(StockContract) readonly stock: Stock) {}
}

@Module({ providers: [StockService] })
class StockModule {}
@Module({ providers: [Shop] })
class ShopModule {}

async function open(options: Partial<SeamModuleOptions> = {}, stock: unknown = StockModule) {
  const testing = await Test.createTestingModule({
    imports: [
      ShopModule,
      stock as typeof StockModule,
      SeamModule.forRoot({
        local: [StockContract],
        observer: { unexpectedError: () => undefined },
        ...options,
      }),
    ],
  }).compile();
  const app = await testing.init();
  return { app, stock: app.get(Shop).stock, service: app.get(StockService, { strict: false }) };
}

describe.each([{ checked: false }, { checked: true }])('a local call, checked: $checked', ({ checked }) => {
  it('reaches the provider and brings its value back', async () => {
    const { stock } = await open({ checked });
    expect(await stock.item({ id: 7 })).toEqual({ id: 7, at: new Date(1_700_000_000_000) });
  });

  it('ends with a declared error, data and all', async () => {
    const { stock } = await open({ checked });
    await expect(stock.item({ id: 0 })).rejects.toMatchObject({
      code: 'item/not-found',
      data: { id: 0 },
      retryable: false,
    });
  });

  it.each([-1, -2])('hides an undeclared error, and reports it to the observer (%i)', async (id) => {
    const seen: unknown[] = [];
    const { stock } = await open({
      checked,
      observer: { callRecorder: () => () => undefined, unexpectedError: (...call) => seen.push(call[2]) },
    });
    await expect(stock.item({ id })).rejects.toMatchObject({ code: 'internal', message: 'internal' });
    expect(seen).toHaveLength(1);
  });

  it("sees the caller's context, or a fresh one", async () => {
    const { stock } = await open({ checked });
    const context = new CallContext({ requestId: 'r-1', deadline: performance.now() + 1000 });
    expect(await runCall(context, () => stock.requestId())).toBe('r-1');
    expect(await stock.requestId()).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("stops at the method's own timeout and cancels the callee", async () => {
    aborted = undefined;
    const { stock } = await open({ checked });
    await expect(stock.slow({ ms: 1 })).rejects.toMatchObject({ code: 'deadline-exceeded' });
    await expect.poll(() => aborted).toBe('deadline-exceeded');
  });

  it("stops at the caller's deadline, and does not start behind it", async () => {
    const { stock, service } = await open({ checked });
    const soon = new CallContext({ requestId: 'r-2', deadline: performance.now() + 15 });
    await expect(runCall(soon, () => stock.slow({ ms: 1 }))).rejects.toMatchObject({
      code: 'deadline-exceeded',
    });
    await expect(runCall(soon, () => stock.item({ id: 1 }))).rejects.toMatchObject({
      code: 'deadline-exceeded',
    });
    expect(service.calls).toBe(0);
  });

  it('counts every call once, with its outcome', async () => {
    const seen: string[] = [];
    const { stock } = await open({
      checked,
      observer: {
        callRecorder:
          (...names) =>
          (outcome, ms) =>
            seen.push([...names, outcome, ms >= 0].join(' ')),
        unexpectedError: () => undefined,
      },
    });
    await stock.take({ ids: [1, 2] });
    await stock.item({ id: 0 }).catch(() => undefined);
    expect(seen).toEqual(['stock take local ok true', 'stock item local item/not-found true']);
  });
});

describe('checked mode', () => {
  it('refuses a field that the contract does not name, with its path', async () => {
    const seen: unknown[] = [];
    const { stock } = await open({
      checked: true,
      observer: { callRecorder: () => () => undefined, unexpectedError: (...call) => seen.push(call[2]) },
    });
    await expect(stock.item({ id: -3 })).rejects.toMatchObject({ code: 'internal' });
    expect(String(seen[0])).toContain('stock.item output.secret: the contract does not name this');
    await expect(stock.item({ id: 1, more: 2 } as { id: number })).rejects.toMatchObject({
      code: 'internal',
    });
    expect(String(seen[1])).toContain('stock.item input.more');
  });

  it('refuses a value that the schema does not allow', async () => {
    const { stock } = await open({ checked: true });
    await expect(stock.item({ id: 'x' as unknown as number })).rejects.toMatchObject({ code: 'internal' });
  });

  it('does not let the callee change its argument, nor the caller its result', async () => {
    const { stock } = await open({ checked: true });
    const ids: number[] = [];
    await expect(stock.take({ ids })).rejects.toMatchObject({ code: 'internal' });
    expect(ids).toEqual([]);
    const item = await stock.item({ id: 1 });
    expect(() => ((item as { id: number }).id = 2)).toThrow(TypeError);
  });

  it('repeats queries and not commands', async () => {
    const { stock, service } = await open({ checked: true });
    await stock.item({ id: 1 });
    expect(service.calls).toBe(2);
    await stock.take({ ids: [1] });
    expect(service.calls).toBe(3);
  });
});

describe('the start fails', () => {
  it('without an implementer', async () => {
    @Module({})
    class Nothing {}
    await expect(open({}, Nothing)).rejects.toThrow("contract 'stock' is local, but no provider is marked");
  });

  it('with two', async () => {
    @Implements(StockContract)
    @Injectable()
    class Second extends StockService {}
    @Module({ providers: [StockService, Second] })
    class Two {}
    await expect(open({}, Two)).rejects.toThrow('two implementers: StockService and Second');
  });

  it('with one that misses a method', async () => {
    @Implements(StockContract)
    @Injectable()
    class Half {
      async item() {
        return null;
      }
    }
    @Module({ providers: [Half] })
    class HalfModule {}
    await expect(open({}, HalfModule)).rejects.toThrow('Half has no method requestId, slow, take');
  });

  it('with a request-scoped one', async () => {
    @Implements(StockContract)
    @Injectable({ scope: Scope.REQUEST })
    class Scoped extends StockService {}
    @Module({ providers: [Scoped] })
    class ScopedModule {}
    await expect(open({}, ScopedModule)).rejects.toThrow('Scoped is request-scoped');
  });
});

it('binds what a test overrides', async () => {
  const fake = {
    item: async () => null,
    requestId: async () => 'fake',
    slow: async () => '',
    take: async () => ({}),
  };
  const testing = await Test.createTestingModule({
    imports: [ShopModule, StockModule, SeamModule.forRoot({ local: [StockContract] })],
  })
    .overrideProvider(StockService)
    .useValue(fake)
    .compile();
  const app = await testing.init();
  expect(await app.get(Shop).stock.requestId()).toBe('fake');
});
