import { setTimeout as delay } from 'node:timers/promises';
import type { IQueueBackend } from 'bullmq';

/**
 * A worker asks again at once when asking for work fails with anything but a refused connection. On a connection that
 * fails without waiting, that is a loop which lets nothing else run.
 */
export function patient<B extends IQueueBackend>(backend: B, pauseMs: number): B {
  const moveToActive = backend.moveToActive.bind(backend);
  backend.moveToActive = async (...args) => {
    try {
      return await moveToActive(...args);
    } catch (error) {
      await delay(pauseMs, undefined, { ref: false });
      throw error;
    }
  };
  return backend;
}
