import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  developmentFolderSetting,
  type Environment,
  keySetting,
  numberSetting,
  pathSetting,
  readSettings,
  SettingsError,
  urlSetting,
} from '@tearline/settings';
import { z } from 'zod';

const count = numberSetting(1, 999_999_999_999);

export const settings = {
  MEDIA_DIR: pathSetting().optional().meta({
    description:
      'folder for all files, shared by every process; required in production without `MEDIA_S3_URL`',
    defaultText: '`media` in `TEARLINE_DIR`',
    assigned: true,
  }),
  MEDIA_S3_URL: urlSetting({
    example: 'https://s3.example.com/bucket',
    schemes: ['https', 'http'],
    check: mistakeInBucket,
  })
    .optional()
    .meta({
      description: 'bucket for all files instead of a folder, e.g. `https://s3.example.com/bucket/folder`',
    }),
  MEDIA_S3_REGION: keySetting().default('us-east-1').meta({ description: 'region of the bucket' }),
  MEDIA_S3_ACCESS_KEY_ID: keySetting()
    .optional()
    .meta({ description: 'access key of the bucket; required with `MEDIA_S3_URL`' }),
  MEDIA_S3_SECRET_ACCESS_KEY: keySetting()
    .optional()
    .meta({ description: 'secret of the access key; required with `MEDIA_S3_URL`', secret: true }),
  MEDIA_TEMP_DIR: pathSetting().default(join(tmpdir(), 'tearline-media')).meta({
    description: 'folder for files on their way to and from the bucket',
    defaultText: "in the system's temporary folder",
  }),
  MEDIA_UPLOAD_SECONDS: count
    .default(60)
    .meta({ description: 'seconds that an upload may take', edge: true }),
  MEDIA_UPLOADS_PER_MINUTE: count
    .default(30)
    .meta({ description: 'uploads that a user may begin in a minute' }),
  MEDIA_BYTES_PER_USER: count
    .default(1_073_741_824)
    .meta({ description: "total size of a user's uploads, in bytes" }),
  MEDIA_CONCURRENT_UPLOADS: count
    .default(40)
    .meta({ description: 'concurrent uploads of a process; one user may have a quarter of them' }),
  MEDIA_PIXELS: count.default(50_000_000).meta({ description: 'maximum size of a picture, in pixels' }),
  MEDIA_VARIANTS_AT_ONCE: count
    .default(1)
    .meta({ description: 'pictures whose variants a process makes at once' }),
  MEDIA_UNUSED_SECONDS: count
    .default(7 * 86_400)
    .meta({ description: 'seconds after which an unused picture is deleted' }),
  MEDIA_STRAY_SECONDS: count.default(3_600).meta({
    description:
      'seconds after which stored files without a database row, and abandoned temporary files, are deleted',
  }),
  MEDIA_SWEEP_SECONDS: count.default(3_600).meta({ description: 'seconds between two sweeps for both' }),
};

function mistakeInBucket({ username, password, search, hostname, pathname }: URL): string | undefined {
  if (username || password)
    return 'it holds a key; set MEDIA_S3_ACCESS_KEY_ID and MEDIA_S3_SECRET_ACCESS_KEY';
  if (search) return "it contains '?'; remove it";
  return pathname === '/' && !hostname.endsWith('.amazonaws.com') ? 'it names no bucket' : undefined;
}

/** Settings of the process that decide on the default of `MEDIA_DIR`. */
const processSettings = {
  NODE_ENV: z.string().default('development'),
  TEARLINE_DIR: developmentFolderSetting,
};

export type MediaSettings = z.output<z.ZodObject<typeof settings>>;

export const MEDIA_SETTINGS = Symbol('media settings');

/** @throws SettingsError that names every wrong variable */
export function mediaSettings(env?: Environment): MediaSettings {
  const values = readSettings(settings, env);
  const { NODE_ENV, TEARLINE_DIR } = readSettings(processSettings, env);
  const { MEDIA_DIR, MEDIA_S3_URL } = values;
  if (MEDIA_S3_URL !== undefined) {
    const missing = (['MEDIA_S3_ACCESS_KEY_ID', 'MEDIA_S3_SECRET_ACCESS_KEY'] as const).filter(
      (name) => values[name] === undefined,
    );
    if (missing.length > 0)
      throw new SettingsError(
        missing.map((name) => `${name}: expected a value, because MEDIA_S3_URL is set`),
      );
    return values;
  }
  if (MEDIA_DIR === undefined && NODE_ENV === 'production')
    throw new SettingsError([
      'MEDIA_DIR, MEDIA_S3_URL: expected one of them, a folder or a bucket for the files',
    ]);
  return { ...values, MEDIA_DIR: MEDIA_DIR ?? join(TEARLINE_DIR, 'media') };
}
