import { databaseUrlVariable } from '@tearline/database';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { freePorts } from '@tearline/process';
import type { Database } from '../../kit/database.js';
import type { Keys } from '../../kit/samples.js';
import { type ServerProcess, startServer } from '../../kit/server-process.js';
import { DATABASE_CONNECTIONS, profiled } from '../monolith.js';

const ENTRY = join(import.meta.dirname, '../../../../apps/service/src/main.js');

export interface ServiceOptions {
  readonly database: Database;
  readonly keys: Keys;
  readonly core: number | undefined;
  /** For what they write. */
  readonly dir: string;
  /** A folder where Node leaves a CPU profile of each when it ends. */
  readonly profiles?: string | undefined;
}

/** Each module in a process of its own, as in production, with its share of the connections to PostgreSQL. */
export class Services {
  readonly #secret = randomBytes(16).toString('hex');
  #ports: Readonly<Record<string, number>> = {};

  private constructor(private readonly options: ServiceOptions) {}

  static async plan(options: ServiceOptions): Promise<Services> {
    const services = new Services(options);
    const modules = Object.keys(options.database.urls);
    const ports = await freePorts(modules.length);
    services.#ports = Object.fromEntries(modules.map((module, index) => [module, ports[index]!]));
    return services;
  }

  /** Starts the service of one module. It needs the others to answer, and not to start. */
  start(module: string): Promise<ServerProcess> {
    const { database, keys, core, dir, profiles } = this.options;
    const ports = Object.entries(this.#ports);
    const seams = ports
      .filter(([name]) => name !== module)
      .map(([name, port]) => [`SEAM_${name.toUpperCase()}`, `127.0.0.1:${port}`] as const);
    return startServer({
      command: [...profiled(profiles && join(profiles, `split-${module}.cpuprofile`)), ENTRY],
      env: {
        LOG_LEVEL: 'info',
        LOG_FORMAT: 'json',
        HOST_MODULES: module,
        AUTH_JWKS: keys.jwks,
        ...(module === 'identity' && { IDENTITY_SIGNING_KEY: JSON.stringify(keys.signingKey) }),
        DATABASE_CONNECTIONS: `${Number(DATABASE_CONNECTIONS) / ports.length}`,
        ...database.shared,
        [databaseUrlVariable(module)]: database.urls[module]!,
        RPC_PORT: `${this.#ports[module]}`,
        RPC_SECRET: this.#secret,
        ...Object.fromEntries(seams),
      },
      log: join(dir, `${module}.log`),
      core,
    });
  }
}
