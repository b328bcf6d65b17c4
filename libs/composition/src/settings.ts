import { jwksSetting } from '@tearline/auth';
import { cacheSettings } from '@tearline/cache';
import {
  databaseSettings,
  databaseUrlSettings,
  ownerSettings,
  replicaUrlsSettings,
} from '@tearline/database';
import { eventsSettings } from '@tearline/events';
import { hostSettings, rpcAddressesSettings } from '@tearline/host';
import type { ModuleManifest } from '@tearline/seam';
import { describeSettings, numberSetting, type Setting } from '@tearline/settings';
import type { Role } from '@tearline/topology';
import { z } from 'zod';

const roles: Role[] = ['http', 'rpc', 'jobs'];
const listOf = (text: string) => text.split(',').map((item) => item.trim());

/** The settings of a host with all modules. Each module declares its own in its manifest. */
export const hostCompositionSettings = {
  ...hostSettings,
  ...eventsSettings,
  ...databaseSettings,
  ...cacheSettings,
  AUTH_JWKS: jwksSetting,
};

/** The settings of a host with some of the modules, beside those of {@link hostCompositionSettings}. */
const splitSettings = (moduleNames: readonly string[]) => ({
  HOST_MODULES: z
    .string({ error: `expected modules to run, of ${moduleNames.join(',')}` })
    .transform(listOf)
    .refine(
      (given) => given.every((name) => moduleNames.includes(name)) && new Set(given).size === given.length,
      { error: `expected modules, each once, of ${moduleNames.join(',')}` },
    )
    .meta({ description: 'modules to run, e.g. `articles,social`', assigned: true }),
  HOST_ROLES: z
    .string()
    .transform(listOf)
    .refine((given): given is Role[] => given.every((role) => (roles as readonly string[]).includes(role)), {
      error: `expected some of ${roles.join(',')}`,
    })
    .default(roles)
    .meta({
      description:
        'what the host serves, some of `http,rpc,jobs`; one without `jobs` publishes events and handles none',
      assigned: true,
    }),
  RPC_PORT: numberSetting(0, 65_535).optional().meta({
    description: 'port on which other hosts call its modules, `0` for any free one; without it they cannot',
    assigned: true,
  }),
  RPC_HOST: z.string().optional().meta({
    description:
      'address of this machine for these calls, or a name for one; a name that is known on one network alone keeps others out',
    defaultText: '`HOST`',
    assigned: true,
  }),
  RPC_SECRET: z.string().min(16, { error: 'expected at least 16 characters' }).optional().meta({
    description: 'credential between hosts, at least 16 characters; required for calls between hosts',
    secret: true,
    assigned: true,
  }),
  DOCS_FROM: z
    .string()
    .transform(listOf)
    .refine((urls) => urls.every((url) => /^https?:[/][/][^/]+$/.test(url) && URL.canParse(url)), {
      error: 'expected addresses such as http://articles:3000',
    })
    .default([])
    .meta({
      description: 'HTTP addresses of hosts whose part of the API `/docs` shows too',
      assigned: true,
    }),
});

/** Returns the settings of a host that runs some of these modules. */
export const serviceSettings = (moduleNames: readonly string[]) => ({
  ...hostCompositionSettings,
  ...splitSettings(moduleNames),
});

/** The settings of development and of the topology runner, which hosts never inherit. */
export const developmentSettings = {
  ...ownerSettings,
  TEARLINE_DIR: z
    .string()
    .default('.tearline')
    .meta({ description: 'folder of the database, keys and files of development', assigned: true }),
  TEARLINE_REPLICAS: numberSetting(0, 9).default(0).meta({
    description: 'replicas of the embedded database, as `npm start -- --replicas 2`',
    assigned: true,
  }),
  EDGE_LOG: z
    .string()
    .optional()
    .meta({ description: 'file for a line of JSON of nginx about each request', assigned: true }),
};

/** Returns the settings that exist for each module, e.g. `ARTICLES_DATABASE_URL`. */
const perModule = (module: string) => ({
  ...databaseUrlSettings([module]),
  ...replicaUrlsSettings([module]),
  ...rpcAddressesSettings([module]),
});

/** Returns every setting that belongs to a module, by which only hosts with that module are configured. */
export function settingsOfModule({ name, settings = {} }: ModuleManifest): Setting[] {
  return describeSettings({ ...settings, ...perModule(name) });
}

/** Every setting of a host, apart from those of its modules. */
export const settingsOfHosts = describeSettings(serviceSettings([]));

/** Returns every setting, by the section of the reference. */
export const settingsReference = (
  manifests: readonly ModuleManifest[],
): Readonly<Record<string, readonly Setting[]>> => ({
  'Every host': describeSettings(hostCompositionSettings),
  'Every module': describeSettings(perModule('<module>')),
  ...Object.fromEntries(
    manifests.flatMap(({ name, settings }) =>
      settings ? [[`Module ${name}`, describeSettings(settings)]] : [],
    ),
  ),
  'A host of a split': describeSettings(splitSettings([])),
  'Development and the topology runner': describeSettings(developmentSettings),
});
