import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { SeamError } from '@tearline/seam';
import type { DataSource } from 'typeorm';
import { MEDIA_SETTINGS, type MediaSettings } from '../media.settings.js';

const COUNT = `
  insert into upload_counts as c (user_id, minute, uploads) values ($1, date_trunc('minute', now()), 1)
  on conflict (user_id, minute) do update set uploads = c.uploads + 1
  returning uploads, 60 - extract(second from now())::int as "secondsLeft"`;

/** Limits a user's uploads per minute, over all processes. */
@Injectable()
export class UploadRateLimit {
  constructor(
    @InjectDataSource('media') private readonly database: DataSource,
    @Inject(MEDIA_SETTINGS) private readonly settings: MediaSettings,
  ) {}

  /** Counts an upload. @throws SeamError `media/too-many` */
  async count(user: number): Promise<void> {
    const [counted] = await this.database.query<{ uploads: number; secondsLeft: number }[]>(COUNT, [user]);
    const { uploads, secondsLeft } = counted!;
    if (uploads > this.settings.MEDIA_UPLOADS_PER_MINUTE)
      throw new SeamError('media/too-many', { data: { retryAfter: secondsLeft } });
  }

  /** Deletes the counts of past minutes. */
  async prune(): Promise<void> {
    await this.database.query(`delete from upload_counts where minute < now() - interval '10 minutes'`);
  }
}
