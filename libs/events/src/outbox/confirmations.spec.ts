import { Logger } from '@nestjs/common';
import { DelayedError, type Processor } from 'bullmq';
import type { DataSource } from 'typeorm';
import { expect, it, vi } from 'vitest';
import type { Broker } from '../broker/broker.js';
import type { Origin } from '../origin/origin.js';
import { confirmationWorker } from './confirmations.js';

it.each([
  [1, 'its statement fails', new Error('permission denied for table outbox')],
  [0, 'the database is unreachable', Object.assign(new Error('shutting down'), { code: '57P01' })],
])('logs %i times that a confirmation is retried because %s', async (times, _reason, error) => {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  const database = { query: () => Promise.reject(error) } as unknown as DataSource;
  const origin = {
    confirmation: async () => ({ subscriber: 'ledger', ids: [1] }),
  } as unknown as Origin;
  const broker = { worker: (_name: string, processor: Processor) => processor } as unknown as Broker;
  const process = confirmationWorker('shop', database, broker, origin) as unknown as Processor;
  const moveToDelayed = vi.fn<() => Promise<void>>();
  const job = { name: 'confirmed', data: { subscriber: 'ledger', ids: [1] }, moveToDelayed };
  await expect(process(job as never)).rejects.toThrow(DelayedError);
  expect(moveToDelayed).toHaveBeenCalledTimes(1);
  expect(warn).toHaveBeenCalledTimes(times);
  warn.mockRestore();
});
