import { authSettings, signingKeySetting } from '@tearline/auth';
import { cacheSettings, cdnSettings } from '@tearline/cache';
import {
  databaseSettings,
  databaseUrlSettings,
  ownerSettings,
  replicaUrlsSettings,
} from '@tearline/database';
import { eventsSettings } from '@tearline/events';
import { hostSettings, rpcAddressesSettings } from '@tearline/host';
import { logStoreSettings, logStreamSettings } from '@tearline/logs';
import type { ModuleManifest } from '@tearline/seam';
import {
  checkSettings,
  describeSettings,
  developmentFolderSetting,
  type Environment,
  hostSetting,
  numberSetting,
  pathSetting,
  type Setting,
} from '@tearline/settings';
import type { Role } from '@tearline/topology';
import { tracingSettings } from '@tearline/tracing';
import { z } from 'zod';
import { declaredSettings } from './declared-settings.js';

const roles: Role[] = ['http', 'rpc', 'jobs'];
const listOf = (text: string) => text.split(',').map((item) => item.trim());

const topologySetting = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue('expected JSON');
      return z.NEVER;
    }
  })
  .pipe(
    z.array(
      z.object({
        name: z.string(),
        modules: z.array(z.string()),
        serve: z.array(z.enum(roles)),
        urls: z.array(z.url({ protocol: /^https?$/ })),
      }),
      { error: 'expected a list of hosts' },
    ),
  )
  .default([])
  .meta({
    description:
      'all hosts, which `/` and `/docs` show: `[{"name":"app","modules":["social"],"serve":["http"],"urls":["http://app:3000"]}]`',
    assigned: true,
  });

/** The settings of a host with all modules. Each module declares its own in its manifest. */
export const hostCompositionSettings = {
  ...hostSettings,
  ...eventsSettings,
  ...databaseSettings,
  ...cacheSettings,
  ...cdnSettings,
  ...authSettings,
  ...tracingSettings,
  ...logStreamSettings,
  TOPOLOGY: topologySetting,
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
  RPC_HOST: hostSetting().optional().meta({
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
});

/** Returns the settings of a host that runs some of these modules. */
export const serviceSettings = (moduleNames: readonly string[]) => ({
  ...hostCompositionSettings,
  ...splitSettings(moduleNames),
});

/** The settings of development and of the topology runner, which hosts never inherit. */
export const developmentSettings = {
  ...ownerSettings,
  TEARLINE_DIR: developmentFolderSetting,
  TEARLINE_REPLICAS: numberSetting(0, 9).default(0).meta({
    description: 'replicas of the embedded database, as `npm start -- --replicas 2`',
    assigned: true,
  }),
  CDN_MEMORY_MIB: numberSetting(1, 999_999)
    .default(256)
    .meta({ description: 'memory of the [edge cache](cdn.md) of `--cdn`, in MiB' }),
  EDGE_LOG: pathSetting()
    .refine((path) => !path.includes('$'), { error: 'expected a path without $, which nginx cannot quote' })
    .optional()
    .meta({ description: 'file for a line of JSON of nginx about each request', assigned: true }),
};

/** Returns the settings that exist for each module, e.g. `ARTICLES_DATABASE_URL`. */
const perModule = (module: string) => ({
  ...databaseUrlSettings([module]),
  ...replicaUrlsSettings([module]),
  ...rpcAddressesSettings([module]),
});

/**
 * Checks every setting that the environment has, so that a mistake is reported before anything starts or is built.
 * @throws SettingsError that names every wrong variable
 */
export function checkEnvironment(manifests: readonly ModuleManifest[], env: Environment): void {
  const names = manifests.map(({ name }) => name);
  const own = manifests.map((manifest) => ({ ...declaredSettings(manifest), ...perModule(manifest.name) }));
  const shape: z.ZodRawShape = Object.assign(
    {},
    ...own,
    serviceSettings(names),
    developmentSettings,
    logStoreSettings,
    {
      // Its declaration loads no code, and this schema is auth's.
      IDENTITY_SIGNING_KEY: signingKeySetting.meta({ secret: true }),
    },
  );
  checkSettings(shape, env);
}

/** Returns every setting that belongs to a module, by which only hosts with that module are configured. */
export function settingsOfModule(manifest: ModuleManifest): Setting[] {
  return describeSettings({ ...declaredSettings(manifest), ...perModule(manifest.name) });
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
    manifests.flatMap((manifest) =>
      manifest.settings ? [[`Module ${manifest.name}`, describeSettings(declaredSettings(manifest))]] : [],
    ),
  ),
  'A host of a split': describeSettings(splitSettings([])),
  'The store of the log': describeSettings(logStoreSettings),
  'Development and the topology runner': describeSettings(developmentSettings),
});
