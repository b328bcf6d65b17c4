import { isIP } from 'node:net';
import { z } from 'zod';

/** A setting that is a whole number, of at most twelve digits. */
export const countSetting = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,12}$/, { error, abort: true })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error });
};

/** The environment variable that lists where a module answers other hosts, as `<host>:<port>,…`. */
export const rpcAddressesVariable = (module: string) =>
  `${module.toUpperCase().replaceAll('-', '_')}_RPC_ADDRESSES`;

const oneOf = <const V extends readonly string[]>(...values: V) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });

/** The environment variables of every host, as a shape for `readSettings`. */
export const hostSettings = {
  NODE_ENV: oneOf('development', 'test', 'production').default('development'),
  /** TCP port; 0 takes any free one. */
  PORT: countSetting(0, 65_535).default(3000),
  /** Address to listen on; every one in production, where others must reach the process, else this machine's own. */
  HOST: z.string().optional(),
  LOG_LEVEL: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent').default('info'),
  /** By default pretty on a terminal outside production, else JSON. */
  LOG_FORMAT: oneOf('json', 'pretty').optional(),
  /** Whether calls over a seam are checked as if they crossed a wire; on unless in production. */
  SEAM_CHECKED: oneOf('on', 'off').optional(),
  /**
   * Whose `X-Forwarded-For` is believed: nobody's by default; a number of proxies in front, or their addresses and
   * networks (`10.0.0.0/8,127.0.0.1`; also `loopback`, `linklocal`, `uniquelocal`).
   */
  TRUST_PROXY: z
    .string()
    .refine((value) => value === 'off' || /^[1-9]$/.test(value) || value.split(',').every(isNetwork), {
      error: 'must be off, a number of proxies from 1 to 9, or a list of addresses and networks',
    })
    .default('off'),
  /** Web origins whose pages may call, separated by commas; `*` for any. */
  CORS_ORIGINS: z
    .string()
    .refine((value) => value === '*' || value.split(',').every(isOrigin), {
      error: 'must be * or a list of origins such as https://example.com',
    })
    .default('*'),
  /** Milliseconds after which a request is answered with 504. */
  REQUEST_TIMEOUT_MS: countSetting(1, 3_600_000).default(10_000),
  /** Milliseconds that requests have to finish after SIGTERM. */
  SHUTDOWN_TIMEOUT_MS: countSetting(0, 3_600_000).default(10_000),
  /** Bytes of a request's body. */
  BODY_LIMIT: countSetting(1, 1_073_741_824).default(1_048_576),
};

/** What `readSettings(hostSettings, env)` gives. */
export type HostSettings = z.output<z.ZodObject<typeof hostSettings>>;

/** Whether calls over a seam are checked. */
export const isChecked = ({
  SEAM_CHECKED,
  NODE_ENV,
}: Pick<HostSettings, 'SEAM_CHECKED' | 'NODE_ENV'>): boolean =>
  SEAM_CHECKED === undefined ? NODE_ENV !== 'production' : SEAM_CHECKED === 'on';

/** The address to listen on: in production all of them, because other machines reach the process; else this machine's own. */
export const listeningAddress = ({ HOST, NODE_ENV }: HostSettings): string =>
  HOST ?? (NODE_ENV === 'production' ? '0.0.0.0' : '127.0.0.1');

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.trim().split('/');
  if (['loopback', 'linklocal', 'uniquelocal'].includes(text.trim())) return true;
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

function isOrigin(text: string): boolean {
  return URL.canParse(text.trim()) && new URL(text.trim()).origin === text.trim();
}
