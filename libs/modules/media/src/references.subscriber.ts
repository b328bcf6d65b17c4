import { Injectable } from '@nestjs/common';
import { ArticleMediaChanged } from '@tearline/modules/articles/contract';
import { type Message, OnEvent, Subscriber } from '@tearline/events';
import { ImageChanged } from '@tearline/modules/identity/contract';
import type { EntityManager } from 'typeorm';
import { MediaHash } from './contract.js';
import { mediaHashIn } from './media-hash-in.js';
import { MediaFiles } from './media-files.js';

/** Records which articles and users show which pictures. */
@Subscriber('media')
@Injectable()
export class ReferencesSubscriber {
  constructor(private readonly files: MediaFiles) {}

  @OnEvent(ArticleMediaChanged)
  articleChanged({ payload }: Message<typeof ArticleMediaChanged>, manager: EntityManager): Promise<void> {
    return this.files.setReferences(manager, `article/${payload.articleId}`, hashes(payload.media));
  }

  @OnEvent(ImageChanged)
  imageChanged({ payload }: Message<typeof ImageChanged>, manager: EntityManager): Promise<void> {
    return this.files.setReferences(manager, `user/${payload.userId}`, mediaHashIn(payload.image));
  }
}

const hashes = (media: readonly string[]) => media.filter((hash) => MediaHash.safeParse(hash).success);
