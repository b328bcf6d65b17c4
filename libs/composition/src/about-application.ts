import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { About, HostDescription } from '@tearline/host';
import type { ModuleManifest } from '@tearline/seam';

/** The folder of the repository, or of the image. */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Returns what the pages of a host say of the application. The guide is part of them in development alone. */
export function aboutApplication(
  manifests: readonly ModuleManifest[],
  { TOPOLOGY: hosts, NODE_ENV }: { TOPOLOGY: readonly HostDescription[]; NODE_ENV: string },
): About {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const hasGuide = NODE_ENV !== 'production' && existsSync(join(ROOT, 'docs/guide'));
  return { version, manifests, hosts, ...(hasGuide && { guide: ROOT }) };
}
