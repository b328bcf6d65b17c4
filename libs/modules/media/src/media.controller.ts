import {
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Inject,
  Logger,
  Param,
  Post,
  Req,
  Res,
} from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Authenticated, ViewerId } from '@tearline/auth';
import { ApiErrors, BodyType, Deadline } from '@tearline/host';
import { SeamError } from '@tearline/seam';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { MediaFiles } from './media-files.js';
import { MediaReads } from './media-reads.js';
import { mediaSettings } from './media.settings.js';
import { MediaBody, mediaBody, UPLOAD_FORM } from './media.schemas.js';
import { MediaHash } from './contract.js';
import { keysOf } from './storage/keys.js';
import { STORAGE, type Storage } from './storage/storage.js';
import { drainRequest } from './upload/drain-request.js';
import { UploadsService } from './upload/uploads.service.js';

@ApiTags('Media')
@Controller('api/media')
export class MediaController {
  readonly #log = new Logger(MediaController.name);

  constructor(
    private readonly uploads: UploadsService,
    private readonly files: MediaFiles,
    private readonly reads: MediaReads,
    @Inject(STORAGE) private readonly storage: Storage,
  ) {}

  @Post()
  @HttpCode(202)
  @BodyType('multipart/form-data')
  @Deadline(mediaSettings().MEDIA_UPLOAD_SECONDS * 1_000)
  @Authenticated()
  @ApiOperation({
    operationId: 'UploadMedia',
    summary: 'Upload a picture of up to 10 MiB: JPEG, PNG, WebP, AVIF or GIF',
  })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ schema: UPLOAD_FORM })
  @ApiResponse({ status: 202, standardSchema: MediaBody })
  @ApiErrors('file/exceeds-what-you-may-store', 'media/not-found', 'media/too-many')
  async upload(
    @Req() { raw }: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @ViewerId() viewer: number,
  ): Promise<MediaBody> {
    try {
      return mediaBody(await this.uploads.upload(viewer, raw));
    } catch (error) {
      // The rest of the body would be parsed as the next request.
      if (!(await drainRequest(raw))) reply.raw.setHeader('connection', 'close');
      throw error;
    }
  }

  @Get(':hash')
  @Header('cache-control', 'no-store')
  @ApiOperation({ operationId: 'GetMedia', summary: 'The status of a picture' })
  @ApiResponse({ status: 200, standardSchema: MediaBody })
  @ApiErrors('media/not-found')
  async status(@Param('hash') hash: string): Promise<MediaBody> {
    const file = MediaHash.safeParse(hash).success ? await this.reads.one(hash) : undefined;
    if (!file) throw new SeamError('media/not-found');
    return mediaBody(file);
  }

  @Delete(':hash')
  @HttpCode(204)
  @Authenticated()
  @ApiOperation({
    operationId: 'DeleteMedia',
    summary: 'Delete your claim to a picture; without claims and references the picture is deleted',
  })
  @ApiResponse({ status: 204 })
  @ApiErrors('media/not-found', 'media/forbidden')
  async remove(@Param('hash') hash: string, @ViewerId() viewer: number): Promise<void> {
    if (!MediaHash.safeParse(hash).success) throw new SeamError('media/not-found');
    const gone = await this.files.release(viewer, hash);
    if (!gone) return;
    await this.storage.delete(keysOf(gone)).catch((error: unknown) => {
      this.#log.warn({ err: error, hash }, 'stored files not deleted; the sweep deletes them');
    });
  }
}
