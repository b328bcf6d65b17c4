import { Inject, Injectable } from '@nestjs/common';
import { SeamError } from '@tearline/seam';
import { MEDIA_SETTINGS, type MediaSettings } from '../media.settings.js';

/** How many uploads may be under way in this process, altogether and of one user. */
@Injectable()
export class UploadSlots {
  readonly #most: number;
  readonly #mostOfOne: number;
  readonly #taken = new Map<number, number>();
  #all = 0;

  constructor(@Inject(MEDIA_SETTINGS) { MEDIA_CONCURRENT_UPLOADS }: MediaSettings) {
    this.#most = MEDIA_CONCURRENT_UPLOADS;
    this.#mostOfOne = Math.ceil(MEDIA_CONCURRENT_UPLOADS / 4);
  }

  /**
   * Runs `work` in a slot.
   * @throws SeamError `media/too-many` when the user has enough under way, `unavailable` when the process has
   */
  async within<T>(user: number, work: () => Promise<T>): Promise<T> {
    const own = this.#taken.get(user) ?? 0;
    if (own >= this.#mostOfOne) throw new SeamError('media/too-many', { data: { retryAfter: 1 } });
    if (this.#all >= this.#most) throw new SeamError('unavailable');
    this.#taken.set(user, own + 1);
    this.#all += 1;
    try {
      return await work();
    } finally {
      this.#all -= 1;
      const left = this.#taken.get(user)! - 1;
      if (left === 0) this.#taken.delete(user);
      else this.#taken.set(user, left);
    }
  }
}
