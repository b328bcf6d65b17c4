import { SetMetadata } from '@nestjs/common';

export const EVERY = 'events:every';

/** Work that is due now and then. */
export interface Schedule {
  readonly intervalMs: number;
  /** `<module>.<work>`. */
  readonly queue: string;
}

/**
 * Marks the method of a `@Subscriber` that is called once in each interval, over all processes together. A run that
 * fails is logged, and the next one comes at its time; so it does when a run takes longer than the interval. A run has
 * ten minutes.
 * @param intervalMs milliseconds; runs begin within about two seconds of when they are due
 * @param queue `<module>.<work>`, listed in the manifest's jobs
 */
export const Every =
  (intervalMs: number, queue: string) =>
  <T extends () => Promise<void>>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<T>,
  ): void => {
    SetMetadata(EVERY, { intervalMs, queue } satisfies Schedule)(target, key, descriptor);
  };
