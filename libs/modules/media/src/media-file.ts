import type { MediaStatus } from './contract.js';
import type { ImageKind } from './upload/image-kind.js';
import type { VariantName } from './variants/variants.js';

/** A stored variant. */
export interface StoredVariant {
  readonly bytes: number;
  /** SHA-256 of its bytes. */
  readonly sha256: string;
}

/** A row of `files`. */
export interface MediaFile {
  readonly hash: string;
  /** Part of its storage keys; differs when the same content is uploaded again after a deletion. */
  readonly generation: string;
  readonly kind: ImageKind;
  readonly status: MediaStatus;
  /** The code of the failure. */
  readonly reason: string | null;
  readonly variants: Readonly<Record<VariantName, StoredVariant>> | null;
  readonly readyAt: Date | null;
  /** Whether an article or a user shows it. */
  readonly used: boolean;
}

/** The columns of a {@link MediaFile}. */
export const FILE_COLUMNS =
  'hash, generation, kind, status, reason, variants, ready_at as "readyAt", unused_since is null as used';
