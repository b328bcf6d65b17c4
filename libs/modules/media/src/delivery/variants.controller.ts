import { Readable } from 'node:stream';
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ReadCache } from '@tearline/cache';
import { ApiErrors } from '@tearline/host';
import { currentCall, SeamError } from '@tearline/seam';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { fileTag } from '../cache-tags.js';
import { MediaHash } from '../contract.js';
import { MediaReads } from '../media-reads.js';
import { keyOf } from '../storage/keys.js';
import { STORAGE, type Storage } from '../storage/storage.js';
import { isVariant, variantNames } from '../variants/variants.js';
import { byteRangeOf } from './byte-range.js';
import { isRangeWanted, preconditionsOf } from './preconditions.js';

/** Headers of every picture: no script of it runs, and pages of every origin may show it. */
const SAFE = {
  'content-type': 'image/webp',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  'x-content-type-options': 'nosniff',
};

@ApiTags('Media')
@Controller('media')
export class VariantsController {
  constructor(
    private readonly reads: MediaReads,
    @Inject(STORAGE) private readonly storage: Storage,
    private readonly cache: ReadCache,
  ) {}

  @Get(':hash/:variant')
  @ApiOperation({ operationId: 'GetMediaVariant', summary: 'A picture in one of its sizes' })
  @ApiParam({ name: 'variant', enum: variantNames })
  @ApiProduces('image/webp')
  @ApiResponse({ status: 200, content: { 'image/webp': { schema: { type: 'string', format: 'binary' } } } })
  @ApiResponse({ status: 206, description: 'the range that was requested' })
  @ApiResponse({ status: 304, description: 'the client has it' })
  @ApiErrors('media/not-found', 'media/is-another-one', 'range/is-not-satisfiable')
  async show(
    @Param('hash') hash: string,
    @Param('variant') variant: string,
    @Req() { headers, method }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    // Default for errors: the picture may exist later.
    void reply.header('cache-control', 'no-store');
    if (!MediaHash.safeParse(hash).success || !isVariant(variant)) throw new SeamError('media/not-found');
    const file = await this.reads.one(hash);
    const stored = file?.status === 'ready' ? file.variants?.[variant] : undefined;
    if (!file || !stored) throw new SeamError('media/not-found');

    const validators = { etag: `"${stored.sha256}"`, modified: file.readyAt! };
    const status = preconditionsOf(headers, validators);
    if (status === 412) throw new SeamError('media/is-another-one');
    const lasting = {
      'cache-control': 'public, max-age=31536000, immutable',
      etag: validators.etag,
      'last-modified': validators.modified.toUTCString(),
      ...this.#sharedHeaders(hash),
    };
    if (status === 304) {
      void reply
        .code(304)
        .headers({ ...lasting, ...SAFE })
        .send();
      return;
    }

    const isPart = method === 'GET' && isRangeWanted(headers, validators);
    const range = isPart ? byteRangeOf(headers.range, stored.bytes) : undefined;
    if (range === 'unsatisfiable') {
      void reply.header('content-range', `bytes */${stored.bytes}`);
      throw new SeamError('range/is-not-satisfiable');
    }
    // Fastify sends only the headers.
    const body = method === 'HEAD' ? Readable.from([]) : await this.storage.get(keyOf(file, variant), range);
    if (!body) throw new SeamError('media/not-found');
    if (range) {
      void reply.code(206).header('content-range', `bytes ${range.start}-${range.end}/${stored.bytes}`);
    }
    const length = range ? range.end - range.start + 1 : stored.bytes;
    void reply
      .headers({ ...lasting, ...SAFE, 'accept-ranges': 'bytes', 'content-length': length })
      .send(body);
  }

  /** A picture never changes, and is purged when it is deleted. What may be read from a lagging replica is not shared. */
  #sharedHeaders(hash: string): Record<string, string> {
    const keys = this.cache.surrogateKeys(fileTag(hash));
    if (keys === undefined || currentCall()?.consistency.level !== 'strong') return {};
    return { 'surrogate-key': keys, 'cdn-cache-control': 'max-age=31536000, stale-if-error=86400' };
  }
}
