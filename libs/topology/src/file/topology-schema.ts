import { z } from 'zod';
import { BALANCES, MAX_REPLICAS, ROLES, RUNTIMES } from '../topology.js';

const replicas = `must be a whole number from 1 to ${MAX_REPLICAS}`;
const modules = 'must list the modules of the host, e.g. [articles, comments]';
const serve = `must list some of ${ROLES.join(', ')}, e.g. [http, rpc]`;

const Host = z.strictObject(
  {
    modules: z.array(z.string({ error: "must be a module's name" }), { error: modules }).min(1, {
      error: 'is empty: remove the host or give it a module',
    }),
    replicas: z
      .int({ error: replicas })
      .min(1, { error: replicas })
      .max(MAX_REPLICAS, { error: replicas })
      .default(1),
    serve: z
      .array(z.enum(ROLES, { error: `must be one of ${ROLES.join(', ')}` }), { error: serve })
      .min(1, { error: `is empty: ${serve}` })
      .optional(),
    balance: z.enum(BALANCES, { error: `must be one of ${BALANCES.join(', ')}` }).optional(),
    runtime: z
      .enum(RUNTIMES, { error: `must be ${RUNTIMES.join(' or ')}; without it the host runs Nest` })
      .optional(),
  },
  { error: 'must list its modules, e.g. { modules: [articles], replicas: 2 }' },
);

/** The shape of a topology file; `placementIssues` checks its modules. */
export const TopologyFile = z.strictObject(
  {
    hosts: z
      .record(
        z.string().regex(/^([a-z][a-z0-9-]{0,31}|\*)$/, {
          error:
            "a host's name consists of lower-case letters, digits and hyphens, at most 32, and starts with a letter; '*' is a host for each module that no other names",
        }),
        Host,
        { error: 'must name the hosts, e.g. hosts: { app: { modules: [articles] } }' },
      )
      .refine((hosts) => Object.keys(hosts).length > 0, { error: 'is empty: name at least one host' }),
  },
  { error: 'must be a mapping with the key hosts, e.g. hosts: { app: { modules: [articles] } }' },
);
export type TopologyFile = z.infer<typeof TopologyFile>;
