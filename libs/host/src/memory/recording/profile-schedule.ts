/** Shares of a limit, at each of which a profile is taken however long ago the last one was. */
const THRESHOLDS = [0.7, 0.8, 0.9, 0.95];
/** A threshold counts anew once memory has gone this far below it. */
const HYSTERESIS = 0.1;
const MIN_PAUSE_MS = 1_000;
/** Time between two profiles, in multiples of what one takes: 5 % of a CPU at most, a quarter when a threshold is passed. */
const PAUSE_FACTOR = 20;
const THRESHOLD_PAUSE_FACTOR = 4;
/** Profiles that find no growth become rarer, up to this factor. */
const MAX_BACKOFF = 64;

export interface ScheduleOptions {
  /** Bytes that memory must grow by since the last profile. */
  readonly step: number;
  /** When the first profile is due, in milliseconds since the process started: what it needs all the time is there by then. */
  readonly firstAt: number;
}

/** Decides when a profile is worth its time: at first, then when memory has grown, and when it passes a share of its limit. */
export class ProfileSchedule {
  #takenAt: number | undefined;
  #tookMs = 0;
  #bytes = 0;
  #threshold = 0;
  #backoff = 1;

  constructor(private readonly options: ScheduleOptions) {}

  /**
   * @param now milliseconds since the process started
   * @param bytes in use, with garbage
   * @param level the share of the limit that is in use
   */
  isDue(now: number, bytes: number, level: number): boolean {
    const passed = THRESHOLDS.filter((threshold) => level >= threshold).at(-1) ?? 0;
    if (level < this.#threshold - HYSTERESIS) this.#threshold = passed;
    const pause = this.#takenAt === undefined ? Infinity : now - this.#takenAt;
    if (passed > this.#threshold && pause >= THRESHOLD_PAUSE_FACTOR * this.#tookMs) {
      this.#threshold = passed;
      return true;
    }
    if (this.#takenAt === undefined) return now >= this.options.firstAt;
    const minPause = Math.max(MIN_PAUSE_MS, PAUSE_FACTOR * this.#tookMs) * this.#backoff;
    return bytes - this.#bytes >= this.options.step && pause >= minPause;
  }

  /** @param bytes in use, without garbage */
  taken(now: number, tookMs: number, bytes: number): void {
    const hasGrown = bytes - this.#bytes >= this.options.step / 4;
    this.#backoff = hasGrown || this.#takenAt === undefined ? 1 : Math.min(MAX_BACKOFF, 2 * this.#backoff);
    this.#takenAt = now;
    this.#tookMs = tookMs;
    this.#bytes = bytes;
  }
}
