import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Module } from '@nestjs/common';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Contract, contract, Implements, query } from '@tearline/seam';
import { openCallee, openCaller, Watcher } from '../../libs/seam/src/placement/apps.fixture.js';
import { ProbeContract } from '../../libs/seam/src/placement/probe-contract.fixture.js';
import { locatePython, type PythonCallee, pythonCallee, pythonCaller } from './python.js';

beforeAll(locatePython);

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function pythonServer(version: Contract, options?: object): Promise<PythonCallee> {
  const answering = await pythonCallee(version, options);
  open.push(() => answering.end());
  return answering;
}

/** The probe contract as another release has it: `total` gives a text, `add` takes another field, and there is a further method. */
const { total: _, add: __, ...same } = ProbeContract.methods;
const Other = contract('probe', {
  ...same,
  total: query({ output: z.string() }),
  needs: query({ output: z.object({ level: z.string().optional() }) }),
  later: query({}),
});

describe('an old caller in TypeScript and a server in Python of another release', () => {
  it('get on where they can; the rest is refused with method and field', async () => {
    const server = await pythonServer(ProbeContract);
    const watcher = new Watcher();
    const caller = await openCaller([server.address], { observer: watcher }, {}, Other);
    open.push(caller.close);
    await expect(caller.client.total()).rejects.toMatchObject({
      code: 'incompatible',
      message: 'probe.total output: the caller expects string, the callee gives integer',
    });
    await expect(caller.client.later()).rejects.toMatchObject({
      code: 'incompatible',
      message: 'probe.later: the callee has no such method',
    });
    expect(await caller.client.needs()).toEqual({ level: 'strong' });
    expect(await caller.client.nothing()).toBeUndefined();
  });
});

describe('a caller in Python and a server in TypeScript of another release', () => {
  it('get on where they can; the rest is refused with method and field', async () => {
    @Implements(Other)
    @Injectable()
    class OtherProbe {
      async total() {
        return 'three';
      }
      async needs() {
        return { level: 'session' };
      }
      async nothing() {}
    }
    for (const key of Object.keys(Other.methods))
      if (!(key in OtherProbe.prototype))
        Object.defineProperty(OtherProbe.prototype, key, { value: async () => undefined });
    @Module({ providers: [OtherProbe] })
    class OtherModule {}
    const server = await openCallee({ local: [Other] }, {}, OtherModule);
    open.push(server.close);
    const caller = await pythonCaller(ProbeContract, [server.address]);
    open.push(() => caller.end());
    expect(await caller.call('probe.total')).toEqual({
      number: undefined,
      code: 'incompatible',
      message: 'probe.total output: the caller expects integer, the callee gives string',
      retryable: false,
    });
    expect(await caller.call('probe.add', { amount: 1 })).toMatchObject({
      message: 'probe.add: the callee has no such method',
    });
    expect(await caller.call('probe.nothing')).not.toHaveProperty('code');
  });
});

describe('a server in Python that gets SIGTERM', () => {
  it('answers what is under way and refuses no call, while its successor takes over', async () => {
    let [first, second] = [await pythonServer(ProbeContract), await pythonServer(ProbeContract)];
    const watcher = new Watcher();
    const caller = await openCaller([first.address, second.address], { observer: watcher });
    open.push(caller.close);
    const failures: unknown[] = [];
    let calls = 0;
    const over = new AbortController();
    const load = Array.from({ length: 8 }, async () => {
      while (!over.signal.aborted) {
        // Commands, which nothing repeats.
        await caller.client.add({ amount: 1 }).catch((error: unknown) => failures.push(error));
        calls += 1;
        await pause(1);
      }
    });
    for (let round = 0; round < 2; round += 1) {
      const port = Number(first.address.split(':')[1]);
      const slow = caller.client.sleep({ ms: 300 });
      expect(await first.end('SIGTERM')).toBe(0);
      expect(await slow).toBeGreaterThan(0);
      const successor = await pythonServer(ProbeContract, { port });
      const before = calls;
      await expect.poll(() => calls).toBeGreaterThan(before + 20);
      [first, second] = [second, successor];
    }
    over.abort();
    await Promise.all(load);
    expect(failures).toEqual([]);
  }, 90_000);
});
