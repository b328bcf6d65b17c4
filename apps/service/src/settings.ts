import { jwksSetting } from '@tearline/auth';
import { replicationSettings } from '@tearline/database';
import { hostSettings } from '@tearline/host';
import { z } from 'zod';
import { allModules } from './modules.js';

const names = allModules.map(({ name }) => name);
const listOf = (text: string) => text.split(',').map((item) => item.trim());

/** The environment variables of a service host; each of its modules reads its own besides. */
export const serviceSettings = {
  ...hostSettings,
  ...replicationSettings,
  /** Where hosts remember together what callers have written; each for itself without it. */
  REDIS_URL: z.string().optional(),
  /** The modules to run, e.g. `articles,social`. */
  MODULES: z
    .string({ error: `must list the modules to run, some of ${names.join(',')}` })
    .transform(listOf)
    .refine((given) => given.every((name) => names.includes(name)) && new Set(given).size === given.length, {
      error: `must list modules, each once, of ${names.join(',')}`,
    }),
  /** Where other hosts call the modules of this one; without it they cannot. 0 takes any free port. */
  RPC_PORT: z
    .string()
    .regex(/^\d{1,5}$/, { error: 'must be a port', abort: true })
    .transform(Number)
    .refine((port) => port <= 65_535, { error: 'must be a port' })
    .optional(),
  /** What hosts know one another by. */
  RPC_SECRET: z.string().min(16, { error: 'must have at least 16 characters' }).optional(),
  /** Connections to PostgreSQL, divided evenly among the modules. */
  DATABASE_CONNECTIONS: z
    .string()
    .regex(/^\d{1,5}$/, { error: 'must be a whole number', abort: true })
    .transform(Number)
    .refine((count) => count >= 2, { error: 'must be at least 2' })
    .default(20),
  /** Public keys that tokens are checked with. */
  AUTH_JWKS: jwksSetting,
  /** HTTP addresses of hosts whose part of the API's description belongs into this host's `/docs`. */
  DOCS_FROM: z
    .string()
    .transform(listOf)
    .refine((urls) => urls.every((url) => /^https?:[/][/][^/]+$/.test(url) && URL.canParse(url)), {
      error: 'must list addresses such as http://articles:3000',
    })
    .default([]),
};
