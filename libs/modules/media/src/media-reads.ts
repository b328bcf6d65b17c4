import { Injectable } from '@nestjs/common';
import { InjectReader, Reader, statement } from '@tearline/database';
import { FILE_COLUMNS, type MediaFile } from './media-file.js';

// Pictures are asked for without a token, by whoever has just been told that they are there.
const ONE = statement<MediaFile>('media.one', `select ${FILE_COLUMNS} from files where hash = $1`, 'strong');

const MANY = statement<MediaFile>(
  'media.many',
  `select ${FILE_COLUMNS} from files where hash = any($1::text[])`,
);

/** The module's hot reads. */
@Injectable()
export class MediaReads {
  constructor(@InjectReader('media') private readonly reader: Reader) {}

  one(hash: string): Promise<MediaFile | undefined> {
    return this.reader.row(ONE, [hash]);
  }

  async many(hashes: readonly string[]): Promise<MediaFile[]> {
    return hashes.length === 0 ? [] : this.reader.rows(MANY, [hashes]);
  }
}
