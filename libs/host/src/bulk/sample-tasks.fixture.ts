import { once } from 'node:events';
import { serveBulkTasks } from './bulk-tasks.js';

let cancelled = 0;

serveBulkTasks({
  double: async (bytes: Uint8Array) => Uint8Array.from(bytes, (byte) => 2 * byte),
  fail: async (message: string) => Promise.reject(new Error(message)),
  environment: async () => Object.keys(process.env).filter((name) => !name.startsWith('NODE_CHANNEL')),
  cancelled: async () => cancelled,
  hang: async (_: unknown, signal: AbortSignal) => {
    await once(signal, 'abort');
    cancelled += 1;
  },
});
