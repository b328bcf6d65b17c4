import { Inject, Injectable } from '@nestjs/common';
import { SeamError, Semaphore } from '@tearline/seam';
import { MEDIA_SETTINGS, type MediaSettings } from '../media.settings.js';

/** Limits the uploads that run in this process at once, altogether and per user. */
@Injectable()
export class UploadLimit {
  readonly #all: Semaphore;
  readonly #maxPerUser: number;
  readonly #byUser = new Map<number, Semaphore>();

  constructor(@Inject(MEDIA_SETTINGS) { MEDIA_CONCURRENT_UPLOADS }: MediaSettings) {
    this.#all = new Semaphore(MEDIA_CONCURRENT_UPLOADS, 0);
    this.#maxPerUser = Math.ceil(MEDIA_CONCURRENT_UPLOADS / 4);
  }

  /** @throws SeamError `media/too-many` when the user has too many uploads, `unavailable` when the process has */
  async run<T>(user: number, work: () => Promise<T>): Promise<T> {
    const own = this.#byUser.get(user) ?? new Semaphore(this.#maxPerUser, 0);
    if (!own.tryAcquire()) throw new SeamError('media/too-many', { data: { retryAfter: 1 } });
    this.#byUser.set(user, own);
    try {
      return await this.#all.run(work);
    } finally {
      own.release();
      if (own.running === 0) this.#byUser.delete(user);
    }
  }
}
