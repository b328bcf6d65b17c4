import { AsyncLocalStorage } from 'node:async_hooks';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CallContext, runCall } from '../index.js';
import { openApp, openCallee, openCaller } from './apps.fixture.js';
import { type Probe, ProbeContract } from './probe-contract.fixture.js';
import { ProbeModule, ProbeService } from './probe-service.fixture.js';

/** What does differ between a direct local call, as in production, and a remote one. Everything else must not. */
describe('a remote call differs from a local one in production:', () => {
  let local: Probe;
  let remote: Probe;
  const closing: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    const app = await openApp({ local: [ProbeContract] }, ProbeModule);
    const callee = await openCallee();
    const caller = await openCaller([callee.address]);
    closing.push(caller.close, callee.close, () => app.close());
    local = app.get(ProbeContract.token);
    remote = caller.client;
  });
  afterAll(async () => {
    for (const close of closing) await close();
  });

  const both = async <T>(ask: (probe: Probe) => Promise<T>) => [await ask(local), await ask(remote)] as const;
  const value = {
    at: new Date(1),
    none: null,
    big: 1n,
    bytes: new Uint8Array([1]),
    text: '',
    list: [],
    byName: {},
    either: { kind: 'text', text: '' },
  } as const;

  it('a result is a copy, not the same object', async () => {
    const [near, far] = await both((probe) => probe.echo(value));
    expect(near).toBe(value);
    expect(far).not.toBe(value);
    expect(far).toEqual(value);
  });

  it('a field that is undefined arrives as no field', async () => {
    const [near, far] = await both((probe) => probe.echo({ ...value, maybe: undefined }));
    expect([Object.hasOwn(near, 'maybe'), Object.hasOwn(far, 'maybe')]).toEqual([true, false]);
  });

  it('a field that the contract does not name is stripped', async () => {
    const [near, far] = await both((probe) => probe.echo({ ...value, more: 1 } as typeof value));
    expect([Object.hasOwn(near, 'more'), Object.hasOwn(far, 'more')]).toEqual([true, false]);
  });

  it('fields come in the order of the contract, and a class is left behind', async () => {
    class Value {
      text = value.text;
      constructor() {
        Object.assign(this, value);
      }
    }
    const [near, far] = await both((probe) => probe.echo(new Value() as typeof value));
    expect([Object.keys(near)[0], Object.keys(far)[0]]).toEqual(['text', 'at']);
    expect([near instanceof Value, far instanceof Value]).toEqual([true, false]);
  });

  it('minus zero arrives as zero', async () => {
    const [near, far] = await both((probe) => probe.echo({ ...value, list: [{ at: value.at, n: -0 }] }));
    expect([near.list[0]!.n, far.list[0]!.n]).toEqual([-0, 0]);
  });

  it('a value that the schema refuses is refused, with the field', async () => {
    const wrong = { amount: 1.5 };
    await expect(local.add(wrong)).resolves.toMatchObject({ total: 1.5 });
    await expect(remote.add(wrong)).rejects.toMatchObject({
      code: 'invalid-input',
      data: { issues: [{ path: 'amount' }] },
    });
  });

  it('a caller that gave up is let go at once, while a local one waits for the callee to stop', async () => {
    const order: string[] = [];
    const ask = async (probe: Probe, name: string) => {
      const context = new CallContext({ requestId: 'r', deadline: performance.now() + 5000 });
      const call = runCall(context, () => probe.sleep({ ms: 100 }));
      setTimeout(() => context.cancel(), 10);
      order.push(
        `${name} ${await call.then(
          () => 'answered',
          (error: { code: string }) => error.code,
        )}`,
      );
    };
    await Promise.all([ask(local, 'local'), ask(remote, 'remote')]);
    expect(order).toEqual(['remote cancelled', 'local answered']);
  });

  it('the context of another library ends at the seam, unless a carrier takes it along', async () => {
    const seen: unknown[] = [];
    const storage = new AsyncLocalStorage<string>();
    const echo = vi.spyOn(ProbeService.prototype, 'echo').mockImplementation(async (input) => {
      seen.push(storage.getStore());
      return input;
    });
    await storage.run('caller', () => both((probe) => probe.echo(value)));
    echo.mockRestore();
    expect(seen).toEqual(['caller', undefined]);
  });

  it('the stack of an error ends at the seam, and its cause stays with the callee', async () => {
    const fail = (probe: Probe) =>
      probe.fail({ how: 'unexpected' }).catch((error: Error) => error) as Promise<Error>;
    const [near, far] = await both(fail);
    expect(near.cause).toBeInstanceOf(Error);
    expect(far.cause).toBeUndefined();
  });
});
