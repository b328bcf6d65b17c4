import { mkdirSync, writeFileSync } from 'node:fs';
import { encodeProfile } from '../files/allocation-profile.js';
import { replaceFile, replaceFileSync } from '../files/atomic-file.js';
import { type ExitRecord, type ProcessRecord, runFiles } from '../files/run-files.js';
import { type MemorySample, TimeLine } from '../files/time-line.js';
import { BufferSampling } from './buffer-sampling.js';
import type { ReadControlGroup } from './control-group.js';
import { enableFatalReport } from './fatal-report.js';
import { HeapSampling } from './heap-sampling.js';
import { HeapSnapshot } from './heap-snapshot.js';
import { ProfileSchedule } from './profile-schedule.js';

const MIB = 1_048_576;
const SECONDS_KEPT = 900;
const MINUTES_KEPT = 7 * 24 * 60;
const INTERVAL_MS = 1_000;
/** Near the limit, and while memory rises fast. */
const SHORT_INTERVAL_MS = 250;
const NEAR_LIMIT = 0.7;
/** Share of its limit by which memory or the heap rises fast, from one sample to the next. */
const FAST_RISE = 0.05;
/** The event loop is blocked when there has been no sample for so long, or buffers have risen fast since. */
const BLOCKED_MS = 1_500;
const BLOCKED_WRITE_INTERVAL_MS = 100;
const FIRST_PROFILE_MS = 10_000;
const MIN_HEAP_STEP = 16 * MIB;
const MIN_BUFFERS_STEP = 4 * MIB;

export interface RecorderOptions {
  /** The folder of this process, which is created. */
  readonly folder: string;
  readonly record: ProcessRecord;
  readonly readControlGroup: ReadControlGroup;
  readonly snapshot: boolean;
  /** Is called when the evidence cannot be written, once; and when there is something else to say. */
  readonly warn: (message: string, fields: object) => void;
}

/**
 * Leaves evidence of what this process uses memory for, so that a process that is killed has left it already: a sample of the figures
 * each second, and profiles of allocations when memory has grown. It never throws once it has started, and never keeps the process alive.
 */
export class EvidenceRecorder {
  readonly #firstAt = performance.now() + FIRST_PROFILE_MS;
  readonly #files: ReturnType<typeof runFiles>;
  readonly #heap = new HeapSampling();
  readonly #buffers = new BufferSampling(() => this.#afterBufferSample());
  readonly #seconds: TimeLine;
  readonly #minutes: TimeLine;
  readonly #schedules: { readonly heap: ProfileSchedule; readonly buffers: ProfileSchedule };
  readonly #snapshot: HeapSnapshot | undefined;
  #timer: NodeJS.Timeout | undefined;
  #level = 0;
  #sampledAt = 0;
  #minute = 0;
  #blockedWriteAt = 0;
  /** Their bytes at the last sample. */
  #seenBuffers = 0;
  #writes: Promise<void> = Promise.resolve();
  readonly #hasFirst = { heap: false, buffers: false };
  #hasFailed = false;

  /** @throws Error when the folder cannot be written to */
  constructor(private readonly options: RecorderOptions) {
    const { folder, record } = options;
    mkdirSync(folder, { mode: 0o700 });
    this.#files = runFiles(folder);
    writeFileSync(this.#files.process, JSON.stringify(record), { mode: 0o600 });
    this.#seconds = new TimeLine(this.#files.seconds, SECONDS_KEPT);
    this.#minutes = new TimeLine(this.#files.minutes, MINUTES_KEPT);
    const step = (limit: number, min: number) => ({
      step: Math.max(min, 0.05 * limit),
      firstAt: this.#firstAt,
    });
    this.#schedules = {
      heap: new ProfileSchedule(step(Math.min(record.heapLimit, record.memoryLimit), MIN_HEAP_STEP)),
      buffers: new ProfileSchedule(step(0, MIN_BUFFERS_STEP)),
    };
    if (options.snapshot) this.#snapshot = new HeapSnapshot(this.#files.snapshot, record, options.warn);
  }

  start(): void {
    enableFatalReport(this.#files.report);
    this.#heap.start();
    this.#buffers.start();
    process.on('exit', this.#onExit);
    this.#tick();
  }

  readonly #onExit = (code: number): void => {
    clearTimeout(this.#timer);
    this.#attempt(() => {
      this.#seconds.appendSync(this.#sample());
      const exit: ExitRecord = { at: Date.now(), code };
      replaceFileSync(this.#files.exit, JSON.stringify(exit));
    });
  };

  readonly #tick = (): void => {
    const now = this.#sample();
    const level = this.#levelOf(now);
    const rise = level - this.#level;
    this.#level = level;
    this.#sampledAt = performance.now();
    this.#seenBuffers = this.#buffers.bytes;
    this.#seconds.append(now);
    if (Math.floor(now.at / 60_000) !== this.#minute) {
      this.#minute = Math.floor(now.at / 60_000);
      this.#minutes.append(now);
    }
    this.#takeProfiles(now, level);
    this.#snapshot?.consider(now);
    const isCritical = level >= NEAR_LIMIT || rise >= FAST_RISE;
    this.#timer = setTimeout(this.#tick, isCritical ? SHORT_INTERVAL_MS : INTERVAL_MS).unref();
  };

  #levelOf({ rss, heapUsed, container }: MemorySample): number {
    const { record } = this.options;
    const used = record.isContainerLimit ? Math.max(rss, container) : rss;
    return Math.max(used / record.memoryLimit, heapUsed / record.heapLimit);
  }

  #takeProfiles({ heapUsed }: MemorySample, level: number): void {
    const started = performance.now();
    const { heap, buffers } = this.#schedules;
    if (heap.isDue(started, heapUsed, level)) {
      const profile = this.#heap.profile();
      const end = performance.now();
      heap.taken(end, end - started, process.memoryUsage().heapUsed);
      if (profile) this.#write('heap', encodeProfile(profile));
      // The profile has collected garbage: what is left of buffers is known once the registry has been called.
      return void setImmediate(() => setImmediate(() => this.#writeBuffers()).unref()).unref();
    }
    if (buffers.isDue(started, this.#buffers.bytes, level)) this.#writeBuffers();
  }

  #writeBuffers(): void {
    const { bytes } = this.#buffers;
    this.#schedules.buffers.taken(performance.now(), 0, bytes);
    this.#write('buffers', encodeProfile(this.#buffers.profile()));
  }

  /** The first file has what the process needs all the time: a profile of a process that grows from its start is none. */
  #write(kind: 'heap' | 'buffers', text: string): void {
    const { first, last } = this.#files[kind];
    const isFirst = !this.#hasFirst[kind] && performance.now() >= this.#firstAt;
    this.#hasFirst[kind] = true;
    this.#writes = this.#writes
      .then(() => replaceFile(isFirst ? first : last, text))
      .catch((error: unknown) => this.#fail(error));
  }

  /** While a loop allocates buffers no timer runs: this is the only chance to write. */
  #afterBufferSample(): void {
    const now = performance.now();
    const rise = this.#buffers.bytes - this.#seenBuffers;
    const isFast = rise >= FAST_RISE * this.options.record.memoryLimit;
    if (now - this.#sampledAt < BLOCKED_MS && !isFast) return;
    if (now - this.#blockedWriteAt < BLOCKED_WRITE_INTERVAL_MS) return;
    this.#blockedWriteAt = now;
    this.#seenBuffers = this.#buffers.bytes;
    this.#attempt(() => {
      this.#seconds.appendSync(this.#sample());
      replaceFileSync(this.#files.buffers.last, encodeProfile(this.#buffers.profile()));
    });
  }

  #sample(): MemorySample {
    const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
    const { used: container, pressure, oomKills } = this.options.readControlGroup();
    return {
      at: Date.now(),
      rss,
      heapUsed,
      heapTotal,
      external,
      arrayBuffers,
      container,
      pressure,
      oomKills,
    };
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.options.warn('evidence of memory is not written', { err: error });
  }
}
