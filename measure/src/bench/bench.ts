import { databaseUrlVariable } from '@tearline/database';
import { join } from 'node:path';
import { note } from '../kit/command.js';
import { type Database, type DatabaseOptions, MODULES, openDatabase } from '../kit/database.js';
import { type Cores, describeMachine } from '../kit/machine.js';
import { type Keys, makeKeys, type Samples, takeSamples } from '../kit/samples.js';
import { type ServerOptions, type ServerProcess, startServer } from '../kit/server-process.js';
import { temporaryDir } from '../kit/temporary-dir.js';

export const MONOLITH = join(import.meta.dirname, '../../../apps/monolith/src/main.js');
export const SERVICE = join(import.meta.dirname, '../../../apps/service/src/main.js');

/** Connections to PostgreSQL of each server altogether. */
export const DATABASE_CONNECTIONS = '30';

/** Undefined cores let the servers run on any. */
export type BenchOptions = DatabaseOptions & { readonly cores?: Cores };
/** A server, with the name of its log file. */
export type BenchServer = Omit<ServerOptions, 'log' | 'core'> & { readonly name: string };

/** A host, and the modules whose credentials it gets: all by default. */
export type BenchHost = BenchServer & { readonly modules?: readonly string[] };

/** A private PostgreSQL, and the servers on it. */
export class Bench {
  private constructor(
    readonly dir: string,
    readonly database: Database,
    private readonly keys: Keys,
    private readonly cores: Cores | undefined,
    private readonly cleanup: AsyncDisposableStack,
  ) {}

  static async open(cleanup: AsyncDisposableStack, { cores, ...options }: BenchOptions = {}): Promise<Bench> {
    note('preparing PostgreSQL');
    const dir = await temporaryDir('bench', cleanup);
    return new Bench(dir, await openDatabase(dir, cleanup, options), await makeKeys(), cores, cleanup);
  }

  samples(): Promise<Samples> {
    return takeSamples(this.database.ownerUrl, this.keys);
  }

  /** Starts a server. All of them share one core. */
  startServer({ name, ...server }: BenchServer): Promise<ServerProcess> {
    const core = this.cores?.hosts?.split(',')[0];
    return startServer({ ...server, core, log: join(this.dir, `${name}.log`) }, this.cleanup);
  }

  /**
   * Starts a host as in production: a database role for each module, requests logged, checked mode off.
   * @throws Error when checked mode is on
   */
  async startHost({ name, env, modules = MODULES, ...host }: BenchHost): Promise<ServerProcess> {
    const { database, keys, dir } = this;
    const urls = [...modules, 'queues'].map(
      (module) => [databaseUrlVariable(module), database.urls[module]] as const,
    );
    const settings = {
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
      AUTH_JWKS: keys.jwks,
      ...(modules.includes('identity') && { IDENTITY_SIGNING_KEY: JSON.stringify(keys.signingKey) }),
      DATABASE_CONNECTIONS,
      ...Object.fromEntries(urls),
      MEDIA_DIR: join(dir, 'media'),
    };
    const server = await this.startServer({ ...host, name, env: { ...settings, ...env } });
    if (server.listening['checked'] !== false)
      throw new Error(
        `${name}: expected checked mode to be off, as in production; see its log line 'listening'`,
      );
    return server;
  }

  /** Prints the machine, a line about the run, and its tables. @returns all but the tables */
  print(about: string, ...tables: readonly string[]): string {
    const head = `${describeMachine(this.database.version, this.cores)}\n${about}`;
    process.stdout.write(`${[head, ...tables].join('\n\n')}\n`);
    return head;
  }
}
