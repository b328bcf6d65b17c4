import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { UsageError } from '../usage-error.js';
import { chosenPort, freePorts } from './ports.js';

it('finds ports that nobody gets by chance before they are bound, and none twice', async () => {
  const ports = (await Promise.all([freePorts(30), freePorts(30), chosenPort(0, '127.0.0.1')])).flat();
  expect(new Set(ports).size).toBe(61);
  expect(Math.min(...ports)).toBeGreaterThanOrEqual(20_000);
  expect(Math.max(...ports)).toBeLessThan(32_768);
});

it('takes the port asked for, and says so when somebody listens there', async () => {
  const [port] = await freePorts(1);
  expect(await chosenPort(port!, '127.0.0.1')).toBe(port);
  const somebody = createServer().listen(port, '127.0.0.1');
  await once(somebody, 'listening');
  await expect(chosenPort(port!, '127.0.0.1')).rejects.toThrow(UsageError);
  await once(somebody.close(), 'close');
});
