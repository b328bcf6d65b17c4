/** The variants of a picture, all of them WebP. */
export const VARIANTS = {
  /** Square, cropped to the center. */
  'avatar-64': { square: 64 },
  'avatar-256': { square: 256 },
  /** At most this wide; narrower pictures are not enlarged. */
  'article-480': { width: 480 },
  'article-960': { width: 960 },
  'article-1600': { width: 1600 },
} as const satisfies Record<string, { square: number } | { width: number }>;

export type VariantName = keyof typeof VARIANTS;

export const variantNames = Object.keys(VARIANTS) as VariantName[];

export const isVariant = (name: string): name is VariantName => Object.hasOwn(VARIANTS, name);

/** Returns the paths of a picture's variants. */
export function variantUrls(hash: string): Record<VariantName, string> {
  return Object.fromEntries(variantNames.map((name) => [name, `/media/${hash}/${name}`])) as Record<
    VariantName,
    string
  >;
}
