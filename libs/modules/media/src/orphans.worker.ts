import { Inject, Injectable } from '@nestjs/common';
import { Every, Subscriber } from '@tearline/events';
import { MediaFiles } from './media-files.js';
import { MEDIA_SETTINGS, mediaSettings, type MediaSettings } from './media.settings.js';
import { keysOf, type FileVersion, fileVersionOf, prefixes } from './storage/keys.js';
import { STORAGE, type Storage } from './storage/storage.js';
import { UploadRateLimit } from './upload/upload-rate-limit.js';

/** Keys per query. */
const BATCH_SIZE = 500;
/** Duration of one sweep; the next one starts at another prefix. */
const MAX_SWEEP_MS = 20_000;

/** Deletes unused files, and stored files without a row. */
@Subscriber('media')
@Injectable()
export class OrphansWorker {
  constructor(
    private readonly files: MediaFiles,
    private readonly counts: UploadRateLimit,
    @Inject(STORAGE) private readonly storage: Storage,
    @Inject(MEDIA_SETTINGS) private readonly settings: MediaSettings,
  ) {}

  @Every(mediaSettings().MEDIA_SWEEP_SECONDS * 1_000, 'media.orphans')
  async sweep(): Promise<void> {
    const until = performance.now() + MAX_SWEEP_MS;
    await this.counts.prune();
    await this.deleteUnused(until);
    await this.sweepStorage(until);
  }

  private async deleteUnused(until: number): Promise<void> {
    let gone: readonly FileVersion[];
    do {
      // Rows first: a crash then leaves stored files without a row, which a later sweep deletes.
      gone = await this.files.deleteUnused();
      for (const file of gone) await this.storage.delete(keysOf(file));
    } while (gone.length > 0 && performance.now() < until);
  }

  /** Starts at a random one of 256 prefixes, so that sweeps that run out of time cover all of them eventually. */
  private async sweepStorage(until: number): Promise<void> {
    const first = Math.floor(Math.random() * prefixes.length);
    for (const prefix of [...prefixes.slice(first), ...prefixes.slice(0, first)]) {
      if (performance.now() > until) return;
      let keys: string[] = [];
      for await (const { key, modified } of this.storage.list(prefix)) {
        // The row of a younger file may not be committed yet.
        if (modified.getTime() > Date.now() - this.settings.MEDIA_STRAY_SECONDS * 1_000) continue;
        keys.push(key);
        if (keys.length < BATCH_SIZE) continue;
        await this.deleteStray(keys);
        keys = [];
      }
      await this.deleteStray(keys);
    }
  }

  private async deleteStray(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const candidates = keys.flatMap((key) => {
      const version = fileVersionOf(key);
      return version ? [{ key, version }] : [];
    });
    const stored = await this.files.findStored(candidates.map(({ version }) => version));
    const stray = candidates.filter(({ version }) => !stored.has(`${version.hash}.${version.generation}`));
    await this.storage.delete(stray.map(({ key }) => key));
  }
}
