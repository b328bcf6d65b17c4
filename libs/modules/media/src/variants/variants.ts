/** What a picture is made into; all of it WebP. */
export const VARIANTS = {
  /** Square, cropped to the middle. */
  'avatar-64': { square: 64 },
  'avatar-256': { square: 256 },
  /** As wide as this, or as the picture is when it is narrower. */
  'article-480': { width: 480 },
  'article-960': { width: 960 },
  'article-1600': { width: 1600 },
} as const satisfies Record<string, { square: number } | { width: number }>;

export type VariantName = keyof typeof VARIANTS;

export const variantNames = Object.keys(VARIANTS) as VariantName[];

export const isVariant = (name: string): name is VariantName => Object.hasOwn(VARIANTS, name);

/** The paths at which a picture's variants are served. */
export function variantUrls(hash: string): Record<VariantName, string> {
  return Object.fromEntries(variantNames.map((name) => [name, `/media/${hash}/${name}`])) as Record<
    VariantName,
    string
  >;
}
