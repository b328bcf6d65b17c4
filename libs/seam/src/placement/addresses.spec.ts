import { afterEach, expect, it } from 'vitest';
import { openCallee, openCaller, Watcher } from './apps.fixture.js';
import { openWire } from './wire.fixture.js';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function callee() {
  const answering = await openCallee();
  open.push(answering.close);
  return answering;
}

async function caller(addresses: string[], tuning = {}, observer = new Watcher()) {
  const asking = await openCaller(addresses, { observer }, tuning);
  open.push(asking.close);
  return asking.client;
}

it('a name stands for every address that it resolves to', async () => {
  const { server } = await callee();
  const client = await caller([`localhost:${server.port}`]);
  for (let call = 0; call < 10; call++) expect(await client.total()).toBe(0);
});

it('a name that does not resolve is unavailable at once', async () => {
  const client = await caller(['nowhere.invalid:7000']);
  await expect(client.total()).rejects.toMatchObject({ code: 'unavailable' });
});

it('an address without a port stops the start', async () => {
  await expect(openCaller(['articles.internal'])).rejects.toThrow(
    "address 'articles.internal' is not host:port",
  );
});

it('a large reply does not hold up small ones, since there are other connections', async () => {
  const { address } = await callee();
  const wire = await openWire(address);
  open.push(wire.close);
  const client = await caller([wire.address], { heartbeatInterval: 250, connections: 3 });
  await expect.poll(() => wire.strands.size, { timeout: 5000 }).toBe(3);
  wire.clog(1_000_000);
  let hasArrived = false;
  const large = client.binary({ bytes: 5_000_000 }).then((bytes) => {
    hasArrived = true;
    return bytes.length;
  });
  await expect
    .poll(() => Math.max(...[...wire.strands].map(({ replied }) => replied)))
    .toBeGreaterThan(1_000_000);
  for (let call = 0; call < 50; call++) await client.total();
  expect(hasArrived).toBe(false);
  wire.unclog();
  expect(await large).toBe(5_000_000);
});

it('a connection that is lost is replaced, without an error', async () => {
  const { address } = await callee();
  const wire = await openWire(address);
  open.push(wire.close);
  const client = await caller([wire.address], { heartbeatInterval: 20, connections: 2 });
  for (let round = 0; round < 5; round++) {
    await expect.poll(() => wire.strands.size).toBe(2);
    wire.cut();
    expect(await client.total()).toBe(0);
  }
});

it('a caller that closes lets the calls under way end', async () => {
  const { address } = await callee();
  const asking = await openCaller([address]);
  const call = asking.client.sleep({ ms: 100 });
  await expect.poll(() => asking.client.total()).toBe(0);
  await asking.close();
  expect(await call).toBe(process.pid);
});

it('a caller whose event loop was blocked while a connection opened does not eject the address', async () => {
  const { address } = await callee();
  const observer = new Watcher();
  const client = await caller([address], { connectTimeout: 200 }, observer);
  const call = client.total();
  const end = performance.now() + 400;
  while (performance.now() < end);
  expect(await call).toBe(0);
  expect(observer.events).toEqual([]);
});
