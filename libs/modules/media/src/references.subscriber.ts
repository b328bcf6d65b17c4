import { Injectable } from '@nestjs/common';
import { ArticleMediaChanged } from '@tearline/modules/articles/contract';
import { type Message, OnEvent, Subscriber } from '@tearline/events';
import { ImageChanged } from '@tearline/modules/identity/contract';
import type { EntityManager } from 'typeorm';
import { MediaHash } from './contract.js';
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
    return this.files.setReferences(manager, `user/${payload.userId}`, hashIn(payload.image));
  }
}

const hashes = (media: readonly string[]) => media.filter((hash) => MediaHash.safeParse(hash).success);

/** Returns the hash in a URL of the form `/media/<hash>/<variant>`, with or without an origin. */
function hashIn(image: string | null): string[] {
  if (image === null || !URL.canParse(image, 'http://here')) return [];
  const [, hash] = /^\/media\/([0-9a-f]{64})\//.exec(new URL(image, 'http://here').pathname) ?? [];
  return hash === undefined ? [] : [hash];
}
