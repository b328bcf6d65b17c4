import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { EmbeddedPostgres } from '@tearline/embedded';
import { query, startPostgres } from './postgres.js';

const CLI = 'dist/apps/cli/src/main.js';

/** Two servers, the first with sample data of all modules. */
export class TwoServers {
  private constructor(
    readonly source: EmbeddedPostgres,
    readonly target: EmbeddedPostgres,
  ) {}

  /** @param articles of sample data; undefined for an empty database */
  static async start(articles?: number): Promise<TwoServers> {
    const options = { maxConnections: 200 };
    const [source, target] = await Promise.all([startPostgres(options), startPostgres(options)]);
    const servers = new TwoServers(source, target);
    if (articles !== undefined)
      await servers.command('seed', '--users', '100', '--articles', `${articles}`, '--comments', '100');
    return servers;
  }

  async stop(): Promise<void> {
    await Promise.all([this.source.stop(), this.target.stop()]);
  }

  /** The environment of hosts and commands. */
  get env(): Record<string, string> {
    return { DATABASE_URL: this.source.url, TARGET_DATABASE_URL: this.target.url };
  }

  /** Runs a command of the command line. @returns its output @throws Error when it fails */
  async command(...args: readonly string[]): Promise<string> {
    const child = spawn(process.execPath, [CLI, ...args], {
      env: { PATH: process.env['PATH'], NODE_ENV: 'test', ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const printed = Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = (await once(child, 'exit')) as [number | null];
    const output = (await printed).join('');
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${output}`);
    return output;
  }

  /** Runs `data`. @returns the milliseconds for which tables were locked, and those that it took */
  async move(action: 'move' | 'back', module: string): Promise<{ lockedMs: number; tookMs: number }> {
    const began = performance.now();
    const output = await this.command('data', action, module);
    const [, locked] = /locked for (\d+) ms/.exec(output) ?? [];
    if (locked === undefined) throw new Error(`data ${action} ${module}: ${output}`);
    return { lockedMs: Number(locked), tookMs: performance.now() - began };
  }

  /** Returns how many titles of articles written by clients of a test there are more than once. */
  async doubledArticles(): Promise<number> {
    const counts = await Promise.all(
      [this.source, this.target].map(({ url }) =>
        query<{ count: string }>(
          url,
          `select count(*) from (select title from articles.articles where title like 'How to train%'
            group by title having count(*) > 1) as doubled`,
        ).catch(() => [{ count: '0' }]),
      ),
    );
    return Math.max(...counts.map(([row]) => Number(row!.count)));
  }

  /** Returns what a move that has ended should have removed: replication at both servers, and rows of the module at the target. */
  async leftOfMove(module: string): Promise<string[]> {
    const left = await Promise.all(
      [this.source, this.target].map(({ url }) =>
        query<{ name: string }>(
          url,
          `select 'slot ' || slot_name as name from pg_replication_slots where database = current_database()
           union all select 'publication ' || pubname from pg_publication
           union all select 'subscription ' || subname from pg_subscription s join pg_database d on d.oid = subdbid
            where datname = current_database()`,
        ),
      ),
    );
    const tables = await query<{ name: string }>(
      this.target.url,
      `select format('table %I.%I', nspname, relname) as name
         from pg_class c join pg_namespace n on n.oid = relnamespace
        where nspname = $1 and relkind = 'r' and relname <> all ('{timelines,migrations,placement}')`,
      [module],
    );
    return [...left.flat(), ...tables].map(({ name }) => name);
  }
}
