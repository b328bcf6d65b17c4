import type { MediaSettings } from '../media.settings.js';
import { FileStorage } from './file-storage.js';
import type { Storage } from './storage.js';

/** Opens the configured storage; the S3 client is loaded only when it is used. */
export async function openStorage(settings: MediaSettings): Promise<Storage> {
  const { MEDIA_S3_URL: url, MEDIA_DIR: folder } = settings;
  if (url === undefined) return new FileStorage(folder!);
  const { S3Storage } = await import('./s3-storage.js');
  return new S3Storage({
    url,
    region: settings.MEDIA_S3_REGION,
    accessKeyId: settings.MEDIA_S3_ACCESS_KEY_ID!,
    secretAccessKey: settings.MEDIA_S3_SECRET_ACCESS_KEY!,
  });
}
