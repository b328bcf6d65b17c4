import type { StatsFs } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { Gauge, Registry } from 'prom-client';
import { MEDIA_SETTINGS, type MediaSettings } from '../media.settings.js';

/** Reports the disk that has the files of media. Files in a bucket have none. */
@Injectable()
export class DiskMetrics {
  constructor(
    @Inject(MEDIA_SETTINGS) { MEDIA_DIR: folder, MEDIA_S3_URL: bucket }: MediaSettings,
    @Optional() @Inject(Registry) registry?: Registry,
  ) {
    if (!registry || bucket !== undefined || folder === undefined) return;
    new Gauge({
      name: 'media_disk_bytes',
      help: 'Size of the file system that has the files of media, and what is available of it.',
      labelNames: ['state'],
      registers: [registry],
      async collect() {
        this.reset();
        const disk = await diskOf(folder);
        if (!disk) return;
        this.set({ state: 'size' }, disk.blocks * disk.bsize);
        this.set({ state: 'available' }, disk.bavail * disk.bsize);
      },
    });
  }
}

/** The folder is made with the first file; until then, it is the file system of its parent. */
async function diskOf(folder: string): Promise<StatsFs | undefined> {
  try {
    return await statfs(folder);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT' && dirname(folder) !== folder;
    return isMissing ? diskOf(dirname(folder)) : undefined;
  }
}
