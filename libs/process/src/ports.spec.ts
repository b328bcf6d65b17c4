import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePorts, portToListenOn } from './ports.js';
import { UsageError } from './script.js';

it('finds distinct ports outside the range that operating systems assign', async () => {
  const ports = (await Promise.all([freePorts(30), freePorts(30), portToListenOn(0, '127.0.0.1')])).flat();
  expect(new Set(ports).size).toBe(61);
  expect(Math.min(...ports)).toBeGreaterThanOrEqual(20_000);
  expect(Math.max(...ports)).toBeLessThan(32_768);
});

it('returns the requested port, and refuses one that is in use', async () => {
  const [port] = await freePorts(1);
  expect(await portToListenOn(port!, '127.0.0.1')).toBe(port);
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  await expect(portToListenOn(port!, '127.0.0.1')).rejects.toThrow(UsageError);
  await once(server.close(), 'close');
});
