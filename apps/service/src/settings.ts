import { hostCompositionSettings } from '@tearline/composition';
import { moduleNames as names } from '@tearline/modules';
import type { Role } from '@tearline/topology';
import { z } from 'zod';

const roles: Role[] = ['http', 'rpc', 'jobs'];
const listOf = (text: string) => text.split(',').map((item) => item.trim());

/** The environment variables of a service host; each of its modules reads its own besides. */
export const serviceSettings = {
  ...hostCompositionSettings,
  /** The modules to run, e.g. `articles,social`. */
  HOST_MODULES: z
    .string({ error: `must list the modules to run, some of ${names.join(',')}` })
    .transform(listOf)
    .refine((given) => given.every((name) => names.includes(name)) && new Set(given).size === given.length, {
      error: `must list modules, each once, of ${names.join(',')}`,
    }),
  /** What this host is for: its modules' routes, their contracts to other hosts, their events and background work. */
  HOST_ROLES: z
    .string()
    .transform(listOf)
    .refine((given): given is Role[] => given.every((role) => (roles as readonly string[]).includes(role)), {
      error: `must list some of ${roles.join(',')}`,
    })
    .default(roles),
  /** Where other hosts call the modules of this one; without it they cannot. 0 takes any free port. */
  RPC_PORT: z
    .string()
    .regex(/^\d{1,5}$/, { error: 'must be a port', abort: true })
    .transform(Number)
    .refine((port) => port <= 65_535, { error: 'must be a port' })
    .optional(),
  /**
   * Where to listen for them, when not wherever HTTP does: an address of this machine or a name for one. A name that is
   * known on one network alone keeps all others out.
   */
  RPC_HOST: z.string().optional(),
  /** What hosts know one another by. */
  RPC_SECRET: z.string().min(16, { error: 'must have at least 16 characters' }).optional(),
  /** HTTP addresses of hosts whose part of the API's description belongs into this host's `/docs`. */
  DOCS_FROM: z
    .string()
    .transform(listOf)
    .refine((urls) => urls.every((url) => /^https?:[/][/][^/]+$/.test(url) && URL.canParse(url)), {
      error: 'must list addresses such as http://articles:3000',
    })
    .default([]),
};
