import { Module } from '@nestjs/common';
import { CacheModule } from '@tearline/cache';
import { DatabaseModule } from '@tearline/database';
import { EventsModule } from '@tearline/events';
import { VariantsController } from './delivery/variants.controller.js';
import { MediaController } from './media.controller.js';
import { MediaFiles } from './media-files.js';
import { MediaHandler } from './media.handler.js';
import { MediaReads } from './media-reads.js';
import { MEDIA_SETTINGS, mediaSettings } from './media.settings.js';
import { OrphansWorker } from './orphans.worker.js';
import { ReferencesSubscriber } from './references.subscriber.js';
import { DiskMetrics } from './storage/disk-metrics.js';
import { openStorage } from './storage/open-storage.js';
import { STORAGE } from './storage/storage.js';
import { TemporaryFiles } from './storage/temporary-files.js';
import { UploadRateLimit } from './upload/upload-rate-limit.js';
import { UploadLimit } from './upload/upload-limit.js';
import { UploadsService } from './upload/uploads.service.js';
import { VariantFiles } from './variants/variant-files.js';
import { VariantMaker } from './variants/variant-maker.js';
import { VariantsWorker } from './variants/variants.worker.js';

@Module({
  imports: [
    DatabaseModule.forModule('media', []),
    EventsModule.forModule('media'),
    CacheModule.forModule('media'),
  ],
  controllers: [MediaController, VariantsController],
  providers: [
    { provide: MEDIA_SETTINGS, useFactory: mediaSettings },
    { provide: STORAGE, inject: [MEDIA_SETTINGS], useFactory: openStorage },
    DiskMetrics,
    MediaFiles,
    MediaHandler,
    MediaReads,
    OrphansWorker,
    ReferencesSubscriber,
    TemporaryFiles,
    UploadRateLimit,
    UploadLimit,
    UploadsService,
    VariantFiles,
    VariantMaker,
    VariantsWorker,
  ],
})
export class MediaModule {}
