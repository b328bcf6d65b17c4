import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CallContext, Consistency, ReadWatermark, runCall } from '../index.js';
import type { Place, Placed } from './placements.fixture.js';
import type { ProbeContract } from './probe-contract.fixture.js';
import type { Everything } from './probe-contract.fixture.js';

const inMs = (ms: number, more: Partial<ConstructorParameters<typeof CallContext>[0]> = {}) =>
  new CallContext({ requestId: 'r-1', deadline: performance.now() + ms, ...more });

/** Specs of what holds for a call wherever its callee runs. */
export function callSpecs(placements: readonly Place<typeof ProbeContract>[]): void {
  describe.each(placements)('a call, $name', ({ open }) => {
    let placed: Placed;
    beforeAll(async () => {
      placed = await open();
    });
    afterAll(() => placed.close());

    it('brings every kind of value as it left', async () => {
      const value: Everything = {
        at: new Date(1_700_000_000_123),
        none: null,
        big: -(2n ** 90n),
        bytes: new Uint8Array([0, 1, 254, 255]),
        text: 'naïve \u{1f600} \u0000 "quoted" \\ #12#',
        list: [
          { at: new Date(0), n: 0.1 },
          { at: new Date(-1), n: -1e300 },
        ],
        byName: { one: 1n, two: 2n },
        either: { kind: 'date', at: new Date(5) },
      };
      expect(await placed.probe.echo(value)).toEqual(value);
      const maybe = { ...value, maybe: '', either: { kind: 'text', text: 'x' } as const };
      expect(await placed.probe.echo(maybe)).toEqual(maybe);
    });

    it('brings nothing as nothing', async () => {
      expect(await placed.probe.nothing()).toBeUndefined();
      expect(await placed.probe.maybe({})).toBeUndefined();
      expect(await placed.probe.maybe({ value: new Date(9) })).toEqual(new Date(9));
    });

    it('brings 10 MB of text and 8 MB of bytes', async () => {
      const items = await placed.probe.large({ items: 12_000 });
      expect(JSON.stringify(items).length).toBeGreaterThan(5_000_000);
      expect(Buffer.byteLength(JSON.stringify(items))).toBeGreaterThan(10_000_000);
      expect(items[11_999]).toEqual({ at: new Date(11_999), text: `11999 ${'ü'.repeat(400)}` });
      const bytes = await placed.probe.binary({ bytes: 8_000_000 });
      expect(bytes).toBeInstanceOf(Uint8Array);
      expect([bytes.length, bytes[7_999_999]]).toEqual([8_000_000, 7_999_999 % 251]);
    });

    it('shows the callee who asks and how long there is', async () => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const context = inMs(5000, { traceparent, principal: { id: '42' } });
      const seen = await runCall(context, () => placed.probe.context());
      expect(seen).toMatchObject({ requestId: 'r-1', traceparent, principal: '42' });
      expect(seen.left).toBeGreaterThan(3000);
      expect(seen.left).toBeLessThanOrEqual(5000);
    });

    it('sends required positions to the callee, and the positions of its writes to the caller', async () => {
      const consistency = new Consistency('strong', [['shop', 'a.00000001.01']]);
      const context = inMs(5000, { consistency });
      await runCall(context, async () => {
        expect(await placed.probe.needs()).toEqual({ level: 'strong', required: { shop: 'a.00000001.01' } });
        await placed.probe.write({ module: 'shop', position: 'a.00000001.02', fails: false });
        await placed.probe
          .write({ module: 'stock', position: 'b.00000001.01', fails: true })
          .catch(() => undefined);
        await placed.probe.write({ module: 'shop', position: 'a.00000001.01', fails: false });
        expect((await placed.probe.needs()).required).toEqual({
          shop: 'a.00000001.02',
          stock: 'b.00000001.01',
        });
      });
      expect(Object.fromEntries(consistency.written!)).toEqual({
        shop: 'a.00000001.02',
        stock: 'b.00000001.01',
      });
    });

    it('sends the positions of the data that it has read to a caller with a watermark', async () => {
      const readWatermark = new ReadWatermark();
      await runCall(inMs(5000, { readWatermark }), async () => {
        await placed.probe.read({ module: 'shop', position: 'a.00000001.02' });
        await placed.probe.read({ module: 'shop', position: 'a.00000001.01' });
        await placed.probe.read({ module: 'stock' });
      });
      expect(readWatermark.toWire()).toEqual({ shop: 'a.00000001.01', stock: null });
    });

    it('without a context gets a fresh one', async () => {
      const seen = await placed.probe.context();
      expect(seen.requestId).toMatch(/^[0-9a-f-]{36}$/);
      expect(seen.principal).toBeUndefined();
    });

    it('ends with a declared error, data and all', async () => {
      await expect(placed.probe.fail({ how: 'declared' })).rejects.toMatchObject({
        name: 'SeamError',
        code: 'probe/broken',
        message: 'it broke',
        data: { part: 7 },
        retryable: false,
      });
      await expect(placed.probe.fail({ how: 'retryable' })).rejects.toMatchObject({
        code: 'probe/busy',
        retryable: true,
      });
    });

    it.each(['undeclared', 'unexpected'] as const)(
      'hides an %s error, whose cause the callee logs',
      async (how) => {
        const before = placed.errors.length;
        const error = await placed.probe.fail({ how }).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({
          code: 'internal',
          message: 'internal',
          data: undefined,
          retryable: false,
        });
        await expect.poll(() => placed.errors.length).toBeGreaterThan(before);
        expect(placed.errors.at(-1)).toContain(
          how === 'undeclared' ? 'probe/undeclared' : 'the disk is on fire',
        );
      },
    );

    it("stops at the caller's deadline, and stops the callee", async () => {
      const started = performance.now();
      const call = runCall(inMs(80), () => placed.probe.hang({ id: 'deadline' }));
      await expect(call).rejects.toMatchObject({ code: 'deadline-exceeded' });
      expect(performance.now() - started).toBeLessThan(3000);
      await expect.poll(() => placed.probe.aborted({ id: 'deadline' })).not.toBeNull();
    });

    it("stops at the method's own timeout", async () => {
      await expect(placed.probe.briefly({ id: 'brief' })).rejects.toMatchObject({
        code: 'deadline-exceeded',
      });
      await expect.poll(() => placed.probe.aborted({ id: 'brief' })).not.toBeNull();
    });

    it('that is cancelled stops the callee', async () => {
      const context = inMs(5000);
      const call = runCall(context, () => placed.probe.hang({ id: 'cancel' }));
      setTimeout(() => context.cancel(), 50);
      await expect(call).rejects.toMatchObject({ code: 'cancelled' });
      await expect.poll(() => placed.probe.aborted({ id: 'cancel' })).toBe('cancelled');
    });

    it('does not begin behind its deadline', async () => {
      const call = runCall(inMs(-1), () => placed.probe.add({ amount: 1000 }));
      await expect(call).rejects.toMatchObject({ code: 'deadline-exceeded' });
      expect(await placed.probe.total()).toBeLessThan(1000);
    });

    it('is made once when it is a command', async () => {
      const { total } = await placed.probe.add({ amount: 1 });
      await placed.probe.add({ amount: 2 });
      expect(await placed.probe.total()).toBe(total + 2);
    });

    it('has an idempotency key of its own, the same whenever the request is repeated', async () => {
      const keys = () => {
        const context = inMs(5000, { idempotencyKey: 'once' });
        return runCall(context, () => Promise.all([placed.probe.key(), placed.probe.key()]));
      };
      const [first, second] = await keys();
      expect(first).toMatch(/^[\w-]{43}$/);
      expect(second).not.toBe(first);
      expect(await keys()).toEqual([first, second]);
      expect(await placed.probe.key()).toBeUndefined();
    });

    it('is counted once, with its outcome', async () => {
      placed.caller.calls.length = 0;
      await placed.probe.add({ amount: 1 });
      await placed.probe.fail({ how: 'declared' }).catch(() => undefined);
      const calls = placed.caller.calls.map((call) => call.replace(/ (local|remote) /, ' '));
      expect(calls).toEqual(['probe add ok', 'probe fail probe/broken']);
    });

    it('does not mind a thousand beside it', async () => {
      const totals = await Promise.all(Array.from({ length: 1000 }, () => placed.probe.nothing()));
      expect(totals).toHaveLength(1000);
    });
  });
}
