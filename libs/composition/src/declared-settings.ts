import type { ModuleManifest } from '@tearline/seam';
import type { z } from 'zod';

/** Returns the settings that a module declares. A manifest's type does not name zod, since the seam needs none; modules use it. */
export const declaredSettings = ({ settings = {} }: ModuleManifest) => settings as object as z.ZodRawShape;
