import { Injectable, Module, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { getRepositoryToken } from '@nestjs/typeorm';
import type { EmbeddedOptions, EmbeddedPostgres } from '@tearline/embedded';
import { CallContext, type ConsistencyLevel, Consistency, runCall } from '@tearline/seam';
import { Registry } from 'prom-client';
import {
  Column,
  Entity,
  type MigrationInterface,
  PrimaryGeneratedColumn,
  type QueryRunner,
  type Repository,
} from 'typeorm';
import { startPostgres } from '../../../../test/support/postgres.js';
import {
  DatabaseModule,
  Databases,
  type DatabaseModuleOptions,
  databaseUrls,
  InjectReader,
  InjectTransactions,
  locateModules,
  migrate,
  Reader,
  replicaUrls,
  ConsistencySessions,
  statement,
  Transactions,
} from '../index.js';

@Entity('notes')
export class NoteEntity {
  @PrimaryGeneratedColumn()
  id: number;

  @Column('text')
  text: string;
}

class CreateNotes1700000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'create table notes.notes (id integer generated always as identity primary key, text text not null)',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table notes.notes');
  }
}

/** The data of the sample module. */
export const NOTES = { schema: 'notes', migrations: async () => [CreateNotes1700000000002] };

const TEXTS = statement<{ text: string; port: number }>(
  'notes.texts',
  'select text, inet_server_port() as port from notes order by id',
);
const TEXTS_STRONGLY = statement<{ text: string }>('notes.textsStrongly', TEXTS.text, 'strong');
const SERVING_PORT = statement<{ port: number }>('notes.servingPort', 'select inet_server_port() as port');
const SLOWLY = statement<{ port: number }>(
  'notes.slowly',
  'select inet_server_port() as port from pg_sleep($1::float8)',
);

/** A sample module that reads and writes in every way. */
@Injectable()
export class Notes {
  constructor(
    @InjectReader('notes') readonly reader: Reader,
    @InjectTransactions('notes') readonly transactions: Transactions,
  ) {}

  async texts(): Promise<string[]> {
    return (await this.reader.rows(TEXTS)).map(({ text }) => text);
  }

  async textsStrongly(): Promise<string[]> {
    return (await this.reader.rows(TEXTS_STRONGLY)).map(({ text }) => text);
  }

  /** Returns the port of the server that a read goes to. */
  async servingPort(): Promise<number> {
    return (await this.reader.row(SERVING_PORT))!.port;
  }

  async slowly(seconds: number): Promise<number> {
    return (await this.reader.row(SLOWLY, [seconds]))!.port;
  }
}

/** All hosts of a test accept one another's tokens. */
export const SECRET = 'a secret of these tests';

/** A host with the sample module. */
export interface SampleHost {
  readonly notes: Notes;
  readonly repository: Repository<NoteEntity>;
  readonly databases: Databases;
  readonly registry: Registry;
  /** Runs `work` as a request of its own. */
  request<T>(work: () => Promise<T>, request?: Request): Promise<T>;
  close(): Promise<void>;
}

/** The token is replaced by the token of the response. */
export interface Request {
  principal?: string;
  level?: ConsistencyLevel;
  jar?: { token?: string };
}

/** A primary with replicas, and sample hosts that use them. */
export class SampleServers {
  embedded: EmbeddedPostgres;
  url = '';
  replicas: string[] = [];
  readonly #hosts: SampleHost[] = [];

  async start(options: Partial<EmbeddedOptions> = {}): Promise<void> {
    await this.use(await startPostgres({ replicas: 2, ...options }));
  }

  /** Creates the sample module's data at a server. */
  async use(embedded: EmbeddedPostgres): Promise<void> {
    this.embedded = embedded;
    const { url } = embedded;
    this.url = databaseUrls(['notes'], {}, url)['notes']!;
    await migrate(url, [{ data: NOTES, url: this.url }]);
    const env = { DATABASE_REPLICA_URLS: this.embedded.replicas.map((replica) => replica.url).join() };
    this.replicas = replicaUrls({ notes: this.url }, env)['notes']!;
  }

  /** One URL that names all servers, each of which may become the primary. */
  get urlOfAll(): string {
    const { host } = new URL(this.url);
    return this.url.replace(host, [this.url, ...this.replicas].map((url) => new URL(url).host).join());
  }

  async host(settings: Partial<DatabaseModuleOptions> = {}): Promise<SampleHost> {
    const places = await locateModules({ notes: this.url });
    const registry = new Registry();
    const sessions = settings.sessions ?? new ConsistencySessions({ secret: SECRET, maxLag: 0 });
    class MetricsModule {}
    const provider = { provide: Registry, useValue: registry };
    @Module({
      imports: [
        { module: MetricsModule, global: true, providers: [provider], exports: [Registry] },
        DatabaseModule.forRoot({
          urls: { notes: this.url },
          replicas: { notes: this.replicas },
          connections: 6,
          places,
          ...settings,
          sessions,
        }),
        DatabaseModule.forModule('notes', [NoteEntity as Type]),
      ],
      providers: [Notes],
    })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    let closing: Promise<void> | undefined;
    const host: SampleHost = {
      request: async (work, { principal, level, jar } = {}) => {
        const seen = jar?.token === undefined ? undefined : sessions.readToken(jar.token);
        const call = new CallContext({
          requestId: 'r',
          deadline: performance.now() + 30_000,
          principal: principal === undefined ? undefined : { id: principal },
          consistency: new Consistency(level, seen),
        });
        try {
          return await runCall(call, work);
        } finally {
          if (call.consistency.written) {
            const token = await sessions.save(call);
            if (jar) jar.token = token;
          }
        }
      },
      notes: app.get(Notes),
      repository: app.get<Repository<NoteEntity>>(getRepositoryToken(NoteEntity, 'notes')),
      databases: app.get(Databases),
      registry,
      close: () => (closing ??= app.close()),
    };
    this.#hosts.push(host);
    return host;
  }

  async closeHosts(): Promise<void> {
    await Promise.all(this.#hosts.splice(0).map((host) => host.close()));
  }

  async stop(): Promise<void> {
    await this.closeHosts();
    await this.embedded?.stop();
  }
}
