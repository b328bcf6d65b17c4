import { hostSetting, moduleVariable, networksOf, numberSetting, oneOfSetting } from '@tearline/settings';
import { z } from 'zod';
import { memorySettings } from '../memory/memory-settings.js';

/** Returns the name of the setting with the RPC addresses of a module, `<host>:<port>,…`. */
export const rpcAddressesVariable = (module: string) => moduleVariable(module, 'RPC_ADDRESSES');

function isAddress(text: string): boolean {
  const [, port] = /^(?:\[[\da-fA-F:]+\]|[\w.-]+):(\d{1,5})$/.exec(text) ?? [];
  return Number(port) >= 1 && Number(port) <= 65_535;
}

/** Returns the settings with the RPC addresses of modules that run elsewhere. */
export const rpcAddressesSettings = (modules: readonly string[]) =>
  Object.fromEntries(
    modules.map((module) => {
      const error = `expected addresses of '${module}', which runs elsewhere, as <host>:<port>,…`;
      const schema = z
        .string({ error })
        .transform((text) => text.split(',').map((address) => address.trim()))
        .refine((addresses) => addresses.every(isAddress), { error });
      const description =
        'where a module that runs elsewhere answers calls: `articles:7000` or `10.0.0.7:7000,10.0.0.8:7000`';
      return [rpcAddressesVariable(module), schema.meta({ description, assigned: true })];
    }),
  );

/** The settings of the HTTP server, the logs and the seam, which every host has. */
export const hostSettings = {
  NODE_ENV: oneOfSetting('development', 'test', 'production')
    .default('development')
    .meta({ description: '`development`, `test` or `production`' }),
  PORT: numberSetting(0, 65_535)
    .default(3000)
    .meta({ description: 'TCP port; `0` takes any free one', assigned: true }),
  HOST: hostSetting().optional().meta({
    description: 'address to listen on',
    defaultText: '`127.0.0.1`, in production `0.0.0.0`',
    assigned: true,
  }),
  LOG_LEVEL: oneOfSetting('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent')
    .default('info')
    .meta({ description: '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`' }),
  LOG_FORMAT: oneOfSetting('json', 'pretty').optional().meta({
    description: '`json` or `pretty`',
    defaultText: '`pretty` on a terminal outside production, else `json`',
  }),
  SEAM_CHECKED: oneOfSetting('on', 'off').optional().meta({
    description: '`on` or `off`: [checked mode](contracts.md#checked-mode)',
    defaultText: '`on`, in production `off`',
  }),
  TRUST_PROXY: z
    .string()
    .refine((value) => value === 'off' || /^[1-9]$/.test(value) || networksOf(value) !== undefined, {
      error:
        'expected off, a number of proxies from 1 to 9, or a list of addresses and of networks that do not contain all addresses',
    })
    .default('off')
    .meta({
      description:
        'proxies whose `X-Forwarded-For` is trusted: `off`, the number of proxies in front, or their addresses and networks (`10.0.0.0/8,loopback`; also `linklocal`, `uniquelocal`)',
      assigned: true,
    }),
  CORS_ORIGINS: z
    .string()
    .refine((value) => value === '*' || value.split(',').every(isOrigin), {
      error: 'expected * or a list of origins such as https://example.com',
    })
    .default('*')
    .meta({ description: 'web origins whose pages may call, separated by commas; `*` for any' }),
  REQUEST_TIMEOUT_MS: numberSetting(1, 3_600_000)
    .default(10_000)
    .meta({ description: 'milliseconds until a request is answered with 504', edge: true }),
  SHUTDOWN_TIMEOUT_MS: numberSetting(0, 3_600_000)
    .default(10_000)
    .meta({ description: 'milliseconds that requests have to finish after SIGTERM', edge: true }),
  BODY_LIMIT: numberSetting(1, 1_073_741_824)
    .default(1_048_576)
    .meta({ description: 'maximum size of the body of a request, in bytes', edge: true }),
  CONNECTIONS_PER_ADDRESS: numberSetting(1, 1_000_000).default(1_000).meta({
    description:
      'connections that one address (of IPv6 one /64) may have at once, streams included; behind nginx, requests in flight',
    edge: true,
  }),
  LARGE_VALUES_MIB: numberSetting(1, 99_999).optional().meta({
    description:
      'memory that the [large bodies](#large-requests-and-responses) of all requests and responses may take at once, in MiB; further ones get 503',
    defaultText: 'a quarter of the heap',
  }),
  ...memorySettings,
};

/** The values of {@link hostSettings}. */
export type HostSettings = z.output<z.ZodObject<typeof hostSettings>>;

/** Returns whether calls over a seam run in checked mode. */
export const isChecked = ({
  SEAM_CHECKED,
  NODE_ENV,
}: Pick<HostSettings, 'SEAM_CHECKED' | 'NODE_ENV'>): boolean =>
  SEAM_CHECKED === undefined ? NODE_ENV !== 'production' : SEAM_CHECKED === 'on';

/** Returns the address to listen on. In production the default is all addresses, because other machines connect. */
export const listeningAddress = ({ HOST, NODE_ENV }: HostSettings): string =>
  HOST ?? (NODE_ENV === 'production' ? '0.0.0.0' : '127.0.0.1');

function isOrigin(text: string): boolean {
  return URL.canParse(text.trim()) && new URL(text.trim()).origin === text.trim();
}
