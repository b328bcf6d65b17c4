import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countSetting, hostSettings, readSettings, SettingsError } from '@tearline/host';
import { z } from 'zod';

const count = countSetting(1, 999_999_999_999);

/** The environment variables of the module. */
const shape = {
  NODE_ENV: hostSettings.NODE_ENV,
  TEARLINE_DIR: z.string().default('.tearline'),
  /** Folder of all files, shared by all processes; in development a folder in `TEARLINE_DIR`. */
  MEDIA_DIR: z.string().optional(),
  /** Bucket of all files, which replaces the folder; optionally with a prefix: `https://s3.example.com/bucket/folder`. */
  MEDIA_S3_URL: z
    .string()
    .refine((url) => URL.canParse(url) && /^https?:$/.test(new URL(url).protocol), {
      error: 'must be like https://s3.example.com/bucket',
    })
    .optional(),
  MEDIA_S3_REGION: z.string().default('us-east-1'),
  MEDIA_S3_ACCESS_KEY_ID: z.string().optional(),
  MEDIA_S3_SECRET_ACCESS_KEY: z.string().optional(),
  /** Folder for temporary files when a bucket is used. */
  MEDIA_TEMP_DIR: z.string().default(join(tmpdir(), 'tearline-media')),
  /** Seconds that an upload may take. */
  MEDIA_UPLOAD_SECONDS: count.default(60),
  /** Uploads per user and minute. */
  MEDIA_UPLOADS_PER_MINUTE: count.default(30),
  /** Total bytes of a user's uploads. */
  MEDIA_BYTES_PER_USER: count.default(1_073_741_824),
  /** Concurrent uploads per process; one user may have a quarter of them. */
  MEDIA_CONCURRENT_UPLOADS: count.default(40),
  /** Maximum pixels of a picture. */
  MEDIA_PIXELS: count.default(50_000_000),
  /** Concurrent variant jobs per process. */
  MEDIA_VARIANTS_AT_ONCE: count.default(1),
  /** Seconds after which an unreferenced picture is deleted. */
  MEDIA_UNUSED_SECONDS: count.default(7 * 86_400),
  /** Seconds after which stored files without a row and abandoned temporary files are deleted. */
  MEDIA_STRAY_SECONDS: count.default(3_600),
  /** Seconds between two sweeps. */
  MEDIA_SWEEP_SECONDS: count.default(3_600),
};

export type MediaSettings = z.output<z.ZodObject<typeof shape>>;

export const MEDIA_SETTINGS = Symbol('media settings');

/** @throws SettingsError that names every wrong variable */
export function mediaSettings(): MediaSettings {
  const settings = readSettings(shape, process.env);
  const { NODE_ENV, TEARLINE_DIR, MEDIA_DIR, MEDIA_S3_URL } = settings;
  if (MEDIA_S3_URL !== undefined) {
    const missing = (['MEDIA_S3_ACCESS_KEY_ID', 'MEDIA_S3_SECRET_ACCESS_KEY'] as const).filter(
      (name) => settings[name] === undefined,
    );
    if (missing.length > 0)
      throw new SettingsError(missing.map((name) => `${name} is missing: MEDIA_S3_URL needs it`));
    return settings;
  }
  if (MEDIA_DIR === undefined && NODE_ENV === 'production')
    throw new SettingsError(['MEDIA_DIR is missing: files need a folder, or a bucket in MEDIA_S3_URL']);
  return { ...settings, MEDIA_DIR: MEDIA_DIR ?? join(TEARLINE_DIR, 'media') };
}
