import { databaseUrls, migrate } from '@tearline/database';
import { embeddedUrl, startEmbedded } from '@tearline/embedded';
import type { Environment } from './command.js';
import { modules } from './modules.js';
import { UsageError } from './usage-error.js';

/** A database whose schemas are up to date. */
export interface MigratedDatabase {
  readonly ownerUrl: string;
  /** Each module's URL, with its own role. */
  readonly urls: Readonly<Record<string, string>>;
  /** How many migrations ran. */
  readonly ran: number;
}

/** The folder of the embedded database. */
export const folderOf = (env: Environment) => env['TEARLINE_DIR'] || '.tearline';

/**
 * Brings the database up to date and works with it: the one that `DATABASE_URL` names, else the embedded one, which
 * is started for as long as it takes unless it is running already.
 * @throws UsageError when the environment lacks a URL
 */
export async function withDatabase<T>(
  env: Environment,
  note: (line: string) => void,
  work: (database: MigratedDatabase) => Promise<T>,
): Promise<T> {
  const production = env['NODE_ENV'] === 'production';
  const { ownerUrl, close } = await owned(env, production, note);
  try {
    const urls = urlsOf(env, production ? undefined : ownerUrl);
    const targets = modules.map((data) => ({ data, url: urls[data.schema]! }));
    const ran = await migrate(ownerUrl, targets, note);
    return await work({ ownerUrl, urls, ran });
  } finally {
    await close();
  }
}

async function owned(env: Environment, production: boolean, note: (line: string) => void) {
  const close = async () => undefined;
  const url = env['DATABASE_URL'];
  if (url) return { ownerUrl: url, close };
  if (production)
    throw new UsageError(
      'DATABASE_URL: missing; set it to the URL of the role that owns the database, e.g. postgres://owner:<password>@host:5432/tearline',
    );
  const dir = folderOf(env);
  const running = await embeddedUrl(dir);
  if (running) return { ownerUrl: running, close };
  const embedded = await startEmbedded({ dir, log: note });
  return { ownerUrl: embedded.url, close: embedded.stop };
}

function urlsOf(env: Environment, ownerUrl: string | undefined): Record<string, string> {
  try {
    return databaseUrls(
      modules.map(({ schema }) => schema),
      env,
      ownerUrl,
    );
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
