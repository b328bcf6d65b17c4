import { checkedSetting, numberSetting, SettingsError, urlMistake } from '@tearline/settings';
import { z } from 'zod';

const rules = {
  example: 'http://10.0.0.5:6081',
  schemes: ['http', 'https'],
  check: ({ pathname, username }: URL) => {
    if (username !== '') return 'it contains a user name; the secret belongs in CDN_PURGE_SECRET';
    return pathname === '/' ? undefined : 'it has a path';
  },
};

const urlsIn = (text: string) => text.split(',').map((url) => url.trim());

/** Settings of the edge caches in front of the application. */
export const cdnSettings = {
  CDN_PURGE_URLS: checkedSetting((text) =>
    urlsIn(text)
      .map((url) => urlMistake(url, rules))
      .find(Boolean),
  )
    .transform((text) => [...new Set(urlsIn(text).map((url) => new URL(url).origin))])
    .optional()
    .meta({
      description:
        'where the [edge caches](cdn.md) in front take purges, separated by commas: `http://10.0.0.5:6081`; without it no shared cache stores a page',
      assigned: true,
    }),
  CDN_PURGE_SECRET: z.string().min(16, { error: 'expected at least 16 characters' }).optional().meta({
    description: 'credential for these purges, at least 16 characters; required with CDN_PURGE_URLS',
    secret: true,
    assigned: true,
  }),
  CDN_PURGE_WAIT_MS: numberSetting(0, 10_000).default(100).meta({
    description:
      'milliseconds that a write waits for the edge caches to acknowledge its purge; it is purged in any case',
  }),
};

export interface CdnOptions {
  readonly urls: readonly string[];
  readonly secret: string;
  readonly waitMs: number;
}

/**
 * Returns where to purge; undefined when there is no edge cache.
 * @throws SettingsError without a secret
 */
export function cdnOptions(settings: {
  readonly CDN_PURGE_URLS?: readonly string[] | undefined;
  readonly CDN_PURGE_SECRET?: string | undefined;
  readonly CDN_PURGE_WAIT_MS: number;
}): CdnOptions | undefined {
  const { CDN_PURGE_URLS: urls, CDN_PURGE_SECRET: secret, CDN_PURGE_WAIT_MS: waitMs } = settings;
  if (!urls) return undefined;
  if (secret === undefined)
    throw new SettingsError(['CDN_PURGE_SECRET: expected a value, because CDN_PURGE_URLS is set']);
  return { urls, secret, waitMs };
}
