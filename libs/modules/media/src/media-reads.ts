import { Injectable } from '@nestjs/common';
import { InjectReader, Reader, statement } from '@tearline/database';
import { FILE_COLUMNS, type MediaFile } from './media-file.js';

// Pictures are requested without a session, possibly right after their creation.
const ONE = statement<MediaFile>('media.one', `select ${FILE_COLUMNS} from files where hash = $1`, 'strong');

const MANY = statement<MediaFile>(
  'media.many',
  `select ${FILE_COLUMNS} from files where hash = any($1::text[])`,
);

/** The module's reads as named prepared statements. */
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
