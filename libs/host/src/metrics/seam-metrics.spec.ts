import pino from 'pino';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { ErrorLog } from '../errors/error-log.js';
import { SeamMetrics } from './seam-metrics.js';

it('counts the addresses that are ejected: until they are back, or are not addresses of the host any more', async () => {
  const registry = new Registry();
  const metrics = new SeamMetrics(registry, new ErrorLog(pino({ level: 'silent' })));
  const ejected = async () => /^seam_endpoints_ejected (\d+)$/m.exec(await registry.metrics())?.[1];
  expect(await ejected()).toBe('0');
  metrics.ejected('10.0.0.1:7000', 'connection refused');
  metrics.ejected('10.0.0.2:7000', 'gives no sign of life');
  expect(await ejected()).toBe('2');
  metrics.restored('10.0.0.1:7000');
  expect(await ejected()).toBe('1');
  metrics.removed('10.0.0.2:7000');
  expect(await ejected()).toBe('0');
  expect(await registry.metrics()).toContain('seam_ejections_total 2\n');
});
