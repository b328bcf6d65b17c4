import type { MediaStatus } from './contract.js';
import type { ImageKind } from './upload/image-kind.js';
import type { VariantName } from './variants/variants.js';

/** One variant as it is stored. */
export interface StoredVariant {
  readonly bytes: number;
  /** SHA-256 of it. */
  readonly sha256: string;
}

/** A row of `files`. */
export interface MediaFile {
  readonly hash: string;
  /** Part of the names of all that is stored for it; new when the same content is uploaded after it was deleted. */
  readonly generation: string;
  readonly kind: ImageKind;
  readonly status: MediaStatus;
  /** Why it failed: a code. */
  readonly reason: string | null;
  readonly variants: Readonly<Record<VariantName, StoredVariant>> | null;
  readonly readyAt: Date | null;
  /** Whether anything shows it. */
  readonly used: boolean;
}

/** The columns of a {@link MediaFile}. */
export const FILE_COLUMNS =
  'hash, generation, kind, status, reason, variants, ready_at as "readyAt", unused_since is null as used';
