import { type INestApplicationContext, Injectable, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InjectDataSource } from '@nestjs/typeorm';
import {
  DatabaseModule,
  databaseUrls,
  InjectReader,
  migrate,
  Reader,
  replicaUrls,
  ConsistencySessions,
  statement,
} from '@tearline/database';
import type { EmbeddedPostgres } from '@tearline/embedded';
import { EventsModule, Broadcaster } from '@tearline/events';
import { CallContext, Consistency, type ConsistencyLevel, ReadWatermark, runCall } from '@tearline/seam';
import { Registry } from 'prom-client';
import {
  Column,
  type DataSource,
  Entity,
  type MigrationInterface,
  PrimaryColumn,
  type QueryRunner,
} from 'typeorm';
import { z } from 'zod';
import { startPostgres } from '../../../test/support/postgres.js';
import { type RedisServer, startRedis } from '../../../test/support/redis.js';
import { defineCache, CacheModule, type CacheModuleOptions, ReadCache } from './index.js';

@Entity('notes')
class NoteEntity {
  @PrimaryColumn('text')
  name: string;

  @Column('text')
  text: string;
}

class CreateNotes1700000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table notes.notes (name text primary key, text text not null)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table notes.notes');
  }
}

export const Note = z.object({ name: z.string(), text: z.string() });
type Note = z.infer<typeof Note>;

const ONE = statement<Note>('notes.one', 'select name, text from notes where name = $1');
const ONE_DELAYED = statement<Note>(
  'notes.one-delayed',
  'select name, text from (select * from notes where name = $1) note, pg_sleep($2::float8)',
);
const WRITE =
  'insert into notes (name, text) values ($1, $2) on conflict (name) do update set text = excluded.text';

export const NOTE = defineCache('notes.one', { schema: Note, modules: ['notes'] });
export const noteTag = (name: string) => `notes:note/${name}`;

/** A module that reads through the cache. */
@Injectable()
export class Notes {
  /** The number of reads from the database. */
  loads = 0;
  /** The least that such a read takes. */
  delaySeconds = 0;
  /** Called between the read and the end of the load. */
  onLoaded: (() => Promise<void>) | undefined;

  constructor(
    @InjectReader('notes') private readonly reader: Reader,
    @InjectDataSource('notes') private readonly database: DataSource,
    readonly cache: ReadCache,
  ) {}

  async read(name: string, cache = NOTE): Promise<string | undefined> {
    return (await this.cache.value(cache, name, [noteTag(name)], () => this.#load(name)))?.text;
  }

  /** Reads a note without the cache. */
  async uncached(name: string): Promise<string | undefined> {
    return (await this.#load(name))?.text;
  }

  /** @param invalidates whether the write invalidates the cached note */
  async write(name: string, text: string, invalidates = true): Promise<void> {
    await this.database.query(WRITE, [name, text]);
    if (invalidates) await this.cache.invalidate(noteTag(name));
  }

  async #load(name: string): Promise<Note | null> {
    this.loads += 1;
    const row =
      this.delaySeconds > 0
        ? await this.reader.row(ONE_DELAYED, [name, this.delaySeconds])
        : await this.reader.row(ONE, [name]);
    await this.onLoaded?.();
    return row ?? null;
  }
}

/** A client: anonymous, authenticated, or with a consistency token that each response replaces; or a load on another host. */
export interface Caller {
  principal?: string;
  level?: ConsistencyLevel;
  jar?: { token?: string };
  isLoad?: boolean;
}

/** A host with a cache. */
export interface Host {
  readonly notes: Notes;
  readonly cache: ReadCache;
  readonly registry: Registry;
  /** Runs work as one request of a caller. */
  as<T>(caller: Caller, work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** A database, a Redis, and hosts on both. */
export class CacheTestEnvironment {
  embedded: EmbeddedPostgres;
  redis: RedisServer;
  readonly #apps: INestApplicationContext[] = [];

  async start(replicas = 0): Promise<void> {
    [this.embedded, this.redis] = await Promise.all([startPostgres({ replicas }), startRedis()]);
    const data = { schema: 'notes', migrations: async () => [CreateNotes1700000000002] };
    await migrate(this.embedded.url, [{ data, url: this.#url }]);
  }

  get #url(): string {
    return databaseUrls(['notes'], {}, this.embedded.url)['notes']!;
  }

  /** @param options by default with Redis, broadcasts and a shared session store */
  async host(options: Partial<CacheModuleOptions> = {}): Promise<Host> {
    const registry = new Registry();
    const redisUrl = this.redis.url;
    const sessions = new ConsistencySessions({ secret: 'test secret', redisUrl });
    const urls = { notes: this.#url };
    const env = { DATABASE_REPLICA_URLS: this.embedded.replicas.map(({ url }) => url).join() };
    class MetricsModule {}
    const provider = { provide: Registry, useValue: registry };
    @Module({
      imports: [
        { module: MetricsModule, global: true, providers: [provider], exports: [Registry] },
        DatabaseModule.forRoot({
          urls,
          replicas: replicaUrls(urls, env),
          connections: 6,
          isCached: options.mode !== 'off',
          sessions,
          maxLag: 20_000,
        }),
        DatabaseModule.forModule('notes', [NoteEntity as Type]),
        EventsModule.forRoot({ broker: { redisUrl }, manifests: [], isWorker: false }),
        CacheModule.forRoot({ mode: 'on', redisUrl, broadcaster: Broadcaster, sessions, ...options }),
      ],
      providers: [Notes],
    })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    this.#apps.push(app);
    return {
      notes: app.get(Notes),
      cache: app.get(ReadCache),
      registry,
      as: async ({ principal, level, jar, isLoad }, work) => {
        const seen = jar?.token === undefined ? undefined : sessions.readToken(jar.token);
        const call = new CallContext({
          requestId: 'r',
          deadline: performance.now() + 30_000,
          principal: principal === undefined ? undefined : { id: principal },
          consistency: new Consistency(level, seen),
          readWatermark: isLoad ? new ReadWatermark() : undefined,
        });
        const result = await runCall(call, work);
        if (call.consistency.written) {
          const token = await sessions.save(call);
          if (jar) jar.token = token;
        }
        return result;
      },
      close: async () => {
        this.#apps.splice(this.#apps.indexOf(app), 1);
        await app.close();
      },
    };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#apps.map((app) => app.close()));
    await this.redis?.stop();
    await this.embedded?.stop();
  }
}

/** The reads of a host's notes by result. */
export function readsOf({ cache }: Host): Record<string, number> {
  return { ...cache.counters.get('notes.one')?.reads };
}
