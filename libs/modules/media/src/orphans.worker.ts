import { Inject, Injectable } from '@nestjs/common';
import { Every, Subscriber } from '@tearline/events';
import { MediaFiles } from './media-files.js';
import { MEDIA_SETTINGS, mediaSettings, type MediaSettings } from './media.settings.js';
import { keysOf, type FileVersion, fileVersionOf, prefixes } from './storage/keys.js';
import { STORAGE, type Storage } from './storage/storage.js';
import { UploadRateLimit } from './upload/upload-rate-limit.js';

/** Looked up together. */
const BATCH = 500;
/** Milliseconds that one sweep looks through what is stored; the next one begins elsewhere. */
const MAX_SWEEP_MS = 20_000;

/** Deletes what belongs to nothing any more. */
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
    await this.forgetUnused(until);
    await this.sweepStorage(until);
  }

  private async forgetUnused(until: number): Promise<void> {
    let gone: readonly FileVersion[];
    do {
      // First the rows: what a crash then leaves stored belongs to no row, and is swept.
      gone = await this.files.forgetUnused();
      for (const file of gone) await this.storage.delete(keysOf(file));
    } while (gone.length > 0 && performance.now() < until);
  }

  /** In one of 256 places it begins, so that a sweep that does not get through has them all in turn. */
  private async sweepStorage(until: number): Promise<void> {
    const first = Math.floor(Math.random() * prefixes.length);
    for (const prefix of [...prefixes.slice(first), ...prefixes.slice(0, first)]) {
      if (performance.now() > until) return;
      let keys: string[] = [];
      for await (const { key, modified } of this.storage.list(prefix)) {
        // A younger one may just be about to get its row.
        if (modified.getTime() > Date.now() - this.settings.MEDIA_STRAY_SECONDS * 1_000) continue;
        keys.push(key);
        if (keys.length < BATCH) continue;
        await this.deleteStray(keys);
        keys = [];
      }
      await this.deleteStray(keys);
    }
  }

  private async deleteStray(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const named = keys
      .map((key) => ({ key, owner: fileVersionOf(key) }))
      .filter(({ owner }) => owner !== undefined);
    const owners = await this.files.owners(named.map(({ owner }) => owner!));
    const stray = named.filter(({ owner }) => !owners.has(`${owner!.hash}.${owner!.generation}`));
    await this.storage.delete(stray.map(({ key }) => key));
  }
}
