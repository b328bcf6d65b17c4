import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallContext, runCall } from '../index.js';
import { openCaller, Watcher } from './apps.fixture.js';
import type { ProbeContract } from './probe-contract.fixture.js';
import { forkCallee, type ForkedCallee } from './forked-callee.fixture.js';

/** Leaves time for the start of processes and a thousand calls on a loaded machine. */
const UNDER_LOAD = { timeout: 120_000 };
const WITHIN = { timeout: 60_000 };

const inMs = (ms: number) => new CallContext({ requestId: 'r', deadline: performance.now() + ms });

let replicas: ForkedCallee[];
let watcher: Watcher;
let caller: Awaited<ReturnType<typeof openCaller<typeof ProbeContract>>>;
let stopping = new AbortController();

beforeEach(async () => {
  replicas = await Promise.all([forkCallee(), forkCallee()]);
  watcher = new Watcher();
  caller = await openCaller(
    replicas.map(({ address }) => address),
    { observer: watcher },
    { heartbeatInterval: 250 },
  );
});
afterEach(async () => {
  stopping.abort();
  await caller.close();
  await Promise.all(replicas.map((replica) => replica.end()));
});

/** Sixteen workers that call until they are stopped. */
function load(call: () => Promise<unknown> = () => caller.client.sleep({ ms: Math.random() * 10 })) {
  const failures: unknown[] = [];
  const seen = new Map<unknown, number>();
  let calls = 0;
  const { signal } = (stopping = new AbortController());
  const work = async () => {
    while (!signal.aborted) {
      calls += 1;
      await call().then(
        (pid) => seen.set(pid, (seen.get(pid) ?? 0) + 1),
        (error: unknown) => failures.push(error),
      );
    }
  };
  const workers = Promise.all(Array.from({ length: 16 }, work));
  return {
    failures,
    /** Calls that each process has answered. */
    seen,
    calls: () => calls,
    /** Waits until `more` further calls have been made. */
    pass: async (more: number) => {
      const target = calls + more;
      await expect.poll(() => calls, WITHIN).toBeGreaterThan(target);
    },
    stop: async () => {
      stopping.abort();
      await workers;
    },
  };
}

const portOf = ({ address }: ForkedCallee) => Number(address.split(':')[1]);

async function restart(replica: ForkedCallee): Promise<ForkedCallee> {
  const again = await forkCallee({ port: portOf(replica) });
  replicas.push(again);
  return again;
}

describe('two replicas under load', UNDER_LOAD, () => {
  it('share the calls', async () => {
    const { pass, stop, seen, failures } = load();
    await pass(1000);
    await stop();
    expect(failures).toEqual([]);
    expect(seen.size).toBe(2);
    expect(Math.min(...seen.values())).toBeGreaterThan(300);
  });

  it('lose no query when one is killed, and both are used again when it is back', async () => {
    const { pass, stop, seen, failures } = load();
    await pass(500);
    await replicas[0]!.end('SIGKILL');
    await pass(500);
    expect(failures).toEqual([]);
    expect(watcher.events.join('\n')).toContain(`ejected ${replicas[0]!.address}`);
    const again = await restart(replicas[0]!);
    await expect.poll(() => seen.get(again.child.pid), WITHIN).toBeGreaterThan(100);
    await stop();
    expect(failures).toEqual([]);
    expect(watcher.events.join('\n')).toContain(`restored ${replicas[0]!.address}`);
  });

  it('lose no call, commands included, when one after the other is restarted', async () => {
    const { pass, stop, calls, failures } = load(async () => {
      if (Math.random() < 0.3) return (await caller.client.add({ amount: 1 })) && 'command';
      return caller.client.sleep({ ms: Math.random() * 10 });
    });
    // The second one ends as soon as the first listens again, before its callers have noticed.
    for (let round = 0; round < 2; round += 1)
      for (const replica of replicas.slice(-2)) {
        await pass(300);
        await replica.end('SIGTERM');
        await restart(replica);
      }
    await pass(500);
    await stop();
    expect(failures).toEqual([]);
    expect(calls()).toBeGreaterThan(1700);
  });

  it('fail within their deadline when one hangs, which is then left alone until it wakes', async () => {
    const deadlines: number[] = [];
    const { pass, stop, seen, failures } = load(async () => {
      const started = performance.now();
      try {
        return await runCall(inMs(400), () => caller.client.sleep({ ms: 5 }));
      } finally {
        deadlines.push(performance.now() - started);
      }
    });
    await pass(200);
    replicas[0]!.child.kill('SIGSTOP');
    await expect.poll(() => watcher.events.join(), WITHIN).toContain(`ejected ${replicas[0]!.address}`);
    // Those that had been waiting for it go to the other one now, and some of them are too late there.
    await pass(100);
    const failed = failures.length;
    const before = seen.get(replicas[1]!.child.pid) ?? 0;
    await pass(500);
    expect(seen.get(replicas[1]!.child.pid)).toBeGreaterThan(before + 450);
    // No worker was held more than two or three times before the ejection, and none after it.
    expect(failures.length).toBe(failed);
    expect(failed).toBeLessThanOrEqual(16 * 4);
    for (const failure of failures) expect(failure).toMatchObject({ code: 'deadline-exceeded' });
    expect(Math.max(...deadlines)).toBeLessThan(400 + 2000);
    const then = seen.get(replicas[0]!.child.pid) ?? 0;
    replicas[0]!.child.kill('SIGCONT');
    await expect.poll(() => seen.get(replicas[0]!.child.pid) ?? 0, WITHIN).toBeGreaterThan(then + 50);
    await stop();
  });
});

describe('one process that ends', UNDER_LOAD, () => {
  it('hands its calls to a successor at the same address, which is not ejected', async () => {
    const first = await forkCallee({ sharesPort: true });
    const lone = await openCaller([first.address], { observer: watcher });
    const { pass, stop, seen, failures } = load(() => lone.client.sleep({ ms: Math.random() * 10 }));
    await pass(200);
    const successor = await forkCallee({ port: portOf(first), sharesPort: true });
    replicas.push(first, successor);
    await first.end('SIGTERM');
    await expect.poll(() => seen.get(successor.child.pid), WITHIN).toBeGreaterThan(100);
    await stop();
    await lone.close();
    expect(failures).toEqual([]);
    expect(watcher.events.filter((event) => event.startsWith('ejected'))).toEqual([]);
  });
});

describe('without a live replica', () => {
  it('calls fail at once, and succeed again when a replica is back', async () => {
    // Without heartbeats, only a call itself detects that a replica is back.
    const lone = await openCaller(
      replicas.map(({ address }) => address),
      { observer: watcher },
      { heartbeatInterval: 3_600_000 },
    );
    const isAnswered = () =>
      lone.client.nothing().then(
        () => true,
        () => false,
      );
    expect(await isAnswered()).toBe(true);
    await Promise.all(replicas.map((replica) => replica.end('SIGKILL')));
    await expect(lone.client.nothing()).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    const started = performance.now();
    for (let call = 0; call < 100; call++)
      await expect(lone.client.nothing()).rejects.toMatchObject({ code: 'unavailable' });
    // A single call that waited for its deadline would take longer.
    expect(performance.now() - started).toBeLessThan(5000);
    await restart(replicas[1]!);
    await expect.poll(isAnswered, { timeout: 10_000 }).toBe(true);
    await lone.close();
  });
});
