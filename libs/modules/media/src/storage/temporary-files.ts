import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { PeriodicTask, SeamError } from '@tearline/seam';
import { MEDIA_SETTINGS, type MediaSettings } from '../media.settings.js';
import { TemporaryFile } from './temporary-file.js';

const MAX_INTERVAL_MS = 10 * 60_000;

/** Creates temporary files in a folder of their own, and deletes those that a crash left. */
@Injectable()
export class TemporaryFiles implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #folder: string;
  readonly #strayMs: number;
  #made: Promise<unknown> | undefined;
  readonly #deletion: PeriodicTask;

  constructor(@Inject(MEDIA_SETTINGS) settings: MediaSettings) {
    const { MEDIA_S3_URL, MEDIA_DIR, MEDIA_TEMP_DIR, MEDIA_STRAY_SECONDS } = settings;
    // On the file system of the storage folder, so that storing a file is a rename.
    this.#folder = MEDIA_S3_URL === undefined ? join(MEDIA_DIR!, 'tmp') : MEDIA_TEMP_DIR;
    this.#strayMs = MEDIA_STRAY_SECONDS * 1_000;
    const interval = Math.min(this.#strayMs, MAX_INTERVAL_MS);
    this.#deletion = new PeriodicTask('deletion of stray temporary files', interval, () =>
      this.deleteStray(),
    );
  }

  /** Creates an empty file, which the caller must discard. */
  async open(): Promise<TemporaryFile> {
    const path = join(this.#folder, randomBytes(12).toString('hex'));
    try {
      await this.make();
      return new TemporaryFile(path, await open(path, 'wx', 0o600));
    } catch (error) {
      throw new SeamError('unavailable', { cause: error });
    }
  }

  onApplicationBootstrap(): void {
    this.#deletion.start();
    this.#deletion.runWithin(0);
  }

  onModuleDestroy(): Promise<void> {
    return this.#deletion.stop();
  }

  private async deleteStray(): Promise<void> {
    await this.make();
    const before = Date.now() - this.#strayMs;
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      // Another process may have deleted it.
      const found = await stat(path).catch(() => undefined);
      if (found && found.mtimeMs < before) await rm(path, { force: true });
    }
  }

  private make(): Promise<unknown> {
    this.#made ??= mkdir(this.#folder, { recursive: true });
    this.#made.catch(() => (this.#made = undefined));
    return this.#made;
  }
}
