import { ReadWatermark } from '@tearline/seam';

/** The watermark of a load in this process, which may read cached answers: it records how long they last, too. */
export class LoadWatermark extends ReadWatermark {
  /** Milliseconds since 1970 at which the first of the cached answers expires that the load has read. */
  freshUntil = Infinity;

  /** Records the read of a cached answer. */
  limit(freshUntil: number): void {
    this.freshUntil = Math.min(this.freshUntil, freshUntil);
  }
}
