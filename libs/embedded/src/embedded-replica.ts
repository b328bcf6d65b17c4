import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyData, writeData } from './base-backup.js';
import { DataServer } from './data-server.js';
import { lockFolder } from './folder-lock.js';
import { pathsIn } from './paths.js';

/** A streaming replica of an embedded server, with all that can happen to one. */
export class EmbeddedReplica {
  /** Also the name of its slot, and what the primary knows it by. */
  readonly name: string;
  readonly server: DataServer;

  private constructor(name: string, server: DataServer) {
    this.name = name;
    this.server = server;
  }

  /** Copies a running server into `<its folder>/<name>`, and streams from it. */
  static async make(name: string, source: DataServer, folder: string): Promise<EmbeddedReplica> {
    const { options } = source;
    const paths = await pathsIn(join(folder, name));
    const settings = { ...options.settings, cluster_name: name, synchronous_standby_names: '' };
    const replica = new EmbeddedReplica(
      name,
      new DataServer({ ...options, paths, settings, port: undefined }),
    );
    const lock = await lockFolder(paths, 'Stop that process first.');
    try {
      await copyData(source.superuserUrl, name, options.paths.data, paths.data, options.launcher);
      const written = join(paths.data, 'postgresql.auto.conf');
      const inherited = await readFile(written, 'utf8').catch(() => '');
      const own = `primary_conninfo = '${conninfo(source, name)}'\nprimary_slot_name = '${name}'\nrecovery_min_apply_delay = 0\n`;
      await writeData(written, `${inherited}${own}`, options.launcher);
      await writeData(join(paths.data, 'standby.signal'), '', options.launcher);
      await replica.server.startLocked(lock);
      return replica;
    } finally {
      lock.release();
    }
  }

  /** The database `tearline` as its owner, who can only read here. */
  get url(): string {
    return this.server.url;
  }

  get port(): number {
    return this.server.port;
  }

  /** From now on it shows what is committed that much later; 0 for as soon as it can. */
  delay(milliseconds: number): Promise<void> {
    return this.#set({ recovery_min_apply_delay: `${milliseconds}ms` });
  }

  /** Cuts it off from its primary, and from what is written there; `follow` mends it. */
  cut(): Promise<void> {
    return this.#set({ primary_conninfo: '' });
  }

  /** Makes it a primary, with a timeline of its own. Resolves when it takes writes. */
  promote(): Promise<void> {
    return this.server.execute('select pg_promote(true, 30)');
  }

  /** Streams from this server from now on: the new primary after a promotion, or the old one again. */
  async follow(source: DataServer): Promise<void> {
    await source.execute(
      `select pg_create_physical_replication_slot('${this.name}', true)
         where not exists (select from pg_replication_slots where slot_name = '${this.name}')`,
    );
    await this.#set({ primary_conninfo: conninfo(source, this.name) });
  }

  /** Ends it, and starts it again, as if the machine had been switched off. */
  async restart(): Promise<void> {
    await this.server.start();
  }

  kill(): Promise<void> {
    return this.server.kill();
  }

  pause(): Promise<void> {
    return this.server.pause();
  }

  resume(): Promise<void> {
    return this.server.resume();
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  #set(settings: Record<string, string>): Promise<void> {
    const changes = Object.entries(settings).map(
      ([name, value]) => `alter system set ${name} = '${value.replaceAll("'", "''")}'`,
    );
    return this.server.execute(...changes, 'select pg_reload_conf()');
  }
}

function conninfo({ superuserUrl }: DataServer, name: string): string {
  const { hostname, port, username, password } = new URL(superuserUrl);
  return `host=${hostname} port=${port} user=${username} password=${password} application_name=${name}`;
}
