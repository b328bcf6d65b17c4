import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { takeBaseBackup, writeServerFile } from './base-backup.js';
import { PostgresServer, type PostgresServerOptions } from './postgres-server.js';
import { lockFolder } from './folder-lock.js';
import { folderPaths } from './folder-paths.js';

/** A streaming replica of an embedded server, with fault injection. */
export class EmbeddedReplica extends PostgresServer {
  /** Also its slot and its application_name on the primary. */
  readonly name: string;

  private constructor(name: string, options: PostgresServerOptions) {
    super(options);
    this.name = name;
  }

  /** Creates a replica in `<folder>/<name>` from a base backup of a running server. */
  static async create(name: string, source: PostgresServer, folder: string): Promise<EmbeddedReplica> {
    const { options } = source;
    const paths = await folderPaths(join(folder, name));
    const settings = { ...options.settings, cluster_name: name, synchronous_standby_names: '' };
    const replica = new EmbeddedReplica(name, { ...options, paths, settings, port: undefined });
    const lock = await lockFolder(paths, 'Stop that process first.');
    try {
      await takeBaseBackup(source.superuserUrl, name, options.paths.data, paths.data, options.serverUser);
      const written = join(paths.data, 'postgresql.auto.conf');
      const inherited = await readFile(written, 'utf8').catch(() => '');
      const own = `primary_conninfo = '${conninfo(source, name)}'\nprimary_slot_name = '${name}'\nrecovery_min_apply_delay = 0\n`;
      await writeServerFile(written, `${inherited}${own}`, options.serverUser);
      await writeServerFile(join(paths.data, 'standby.signal'), '', options.serverUser);
      await replica.startLocked(lock);
      return replica;
    } finally {
      lock.release();
    }
  }

  /** Delays the replay of commits; 0 replays them at once. */
  delay(milliseconds: number): Promise<void> {
    return this.#set({ recovery_min_apply_delay: `${milliseconds}ms` });
  }

  /** Disconnects it from its primary, until `follow`. */
  cut(): Promise<void> {
    return this.#set({ primary_conninfo: '' });
  }

  /** Promotes it to primary, on a new timeline. Resolves when it takes writes. */
  promote(): Promise<void> {
    return this.execute('select pg_promote(true, 30)');
  }

  /** Returns whether it has been promoted, also by another process. */
  async isPromoted(): Promise<boolean> {
    return !existsSync(join(this.options.paths.data, 'standby.signal'));
  }

  /** Streams from this server from now on: from the new primary after a promotion, or after `cut`. */
  async follow(source: PostgresServer): Promise<void> {
    await source.execute(
      `select pg_create_physical_replication_slot('${this.name}', true)
         where not exists (select from pg_replication_slots where slot_name = '${this.name}')`,
    );
    await this.#set({ primary_conninfo: conninfo(source, this.name) });
  }

  #set(settings: Record<string, string>): Promise<void> {
    const changes = Object.entries(settings).map(
      ([name, value]) => `alter system set ${name} = '${value.replaceAll("'", "''")}'`,
    );
    return this.execute(...changes, 'select pg_reload_conf()');
  }
}

function conninfo({ superuserUrl }: PostgresServer, name: string): string {
  const { hostname, port, username, password } = new URL(superuserUrl);
  return `host=${hostname} port=${port} user=${username} password=${password} application_name=${name}`;
}
