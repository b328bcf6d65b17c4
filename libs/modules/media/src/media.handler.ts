import { Injectable } from '@nestjs/common';
import { Implements, type InputOf } from '@tearline/seam';
import { type Media, MediaContract } from './contract.js';
import { MediaReads } from './media-reads.js';

/** Implements the contract for other modules. */
@Implements(MediaContract)
@Injectable()
export class MediaHandler implements Media {
  constructor(private readonly reads: MediaReads) {}

  async statusOf({ hashes }: InputOf<typeof MediaContract, 'statusOf'>) {
    const files = await this.reads.many(hashes);
    return files.map(({ hash, status }) => ({ hash, status }));
  }
}
