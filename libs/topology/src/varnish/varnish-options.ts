import type { ModuleManifest } from '@tearline/seam';
import type { EdgeLimits } from '../nginx/nginx-options.js';

/** An edge cache in front of a topology's nginx. */
export interface VarnishOptions {
  readonly topology: string;
  readonly manifests: readonly ModuleManifest[];
  /** Where nginx listens, `host:port`. */
  readonly origin: string;
  readonly limits?: EdgeLimits;
  /** Origins of pages that may read responses; `*` for any. */
  readonly corsOrigins: '*' | readonly string[];
  /** Seconds after which it trusts no page that may have been purged without its knowledge. */
  readonly maxStaleness: number;
}
