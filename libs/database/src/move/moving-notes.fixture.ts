import { setTimeout as sleep } from 'node:timers/promises';
import type { EmbeddedPostgres } from '@tearline/embedded';
import { vi } from 'vitest';
import { query, startPostgres } from '../../../../test/support/postgres.js';
import { DataMove, type DataMoveOptions } from './data-move.js';
import { connectServers } from './server.js';
import { NOTES, type SampleHost, SampleServers } from '../replication/sample-hosts.fixture.js';

/** Two servers, and for each test a database on both, of which the first has the sample module's data. */
export class MovingNotes {
  readonly servers = new SampleServers();
  target: EmbeddedPostgres;
  #both: EmbeddedPostgres[] = [];
  #databases = 0;

  /** @param replicas of the first server */
  async start(replicas = 0): Promise<void> {
    this.#both = await Promise.all([startPostgres({ replicas }), startPostgres()]);
  }

  async newDatabase(): Promise<void> {
    if (this.#databases > 0) await this.#endMoves();
    const name = `moves_${(this.#databases += 1)}`;
    const [source, target] = await Promise.all(
      this.#both.map(async (server) => {
        await query(server.url, `create database ${name}`);
        return { ...server, url: Object.assign(new URL(server.url), { pathname: name }).href };
      }),
    );
    await this.servers.use(source!);
    this.target = target!;
  }

  /** Ends the replication that a test has left: a server has few workers for it. */
  async #endMoves(): Promise<void> {
    for (const server of [this.source, this.target]) {
      const subscriptions = await query<{ name: string }>(
        server.url,
        'select quote_ident(subname) as name from pg_subscription join pg_database d on d.oid = subdbid where datname = current_database()',
      );
      for (const { name } of subscriptions)
        await this.execute(
          server,
          `alter subscription ${name} disable`,
          `alter subscription ${name} set (slot_name = none)`,
          `drop subscription ${name}`,
        );
    }
    for (const { url } of [this.source, this.target])
      // A slot is in use until its subscription's worker has ended.
      await vi.waitFor(
        () =>
          query(
            url,
            'select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database()',
          ),
        { timeout: 20_000 },
      );
  }

  async stop(): Promise<void> {
    await this.servers.closeHosts();
    await Promise.all(this.#both.map((server) => server.stop()));
  }

  get source(): EmbeddedPostgres {
    return this.servers.embedded;
  }

  /** Runs statements at a server as its superuser. */
  async execute({ url, server }: EmbeddedPostgres, ...statements: readonly string[]): Promise<void> {
    const { pathname } = new URL(url);
    const superuser = Object.assign(new URL(server.superuserUrl), { pathname }).href;
    for (const statement of statements) await query(superuser, statement);
  }

  /** Works at a move with connections of its own, as a command does. */
  async withMove<T>(
    work: (move: DataMove) => Promise<T>,
    options: Partial<DataMoveOptions> = {},
  ): Promise<T> {
    const [source, target] = await connectServers([
      [this.source.url, 'DATABASE_URL'],
      [this.target.url, '--to'],
    ]);
    try {
      return await work(
        new DataMove({ data: NOTES, moduleUrl: this.servers.url, source, target, ...options }),
      );
    } finally {
      await Promise.all([source, target].map(({ owner }) => owner.end().catch(() => undefined)));
    }
  }

  /** The ports of both servers, each with the notes that it has. */
  async notesAt(server: EmbeddedPostgres): Promise<string[]> {
    const rows = await query<{ text: string }>(server.url, 'select text from notes.notes order by text');
    return rows.map(({ text }) => text);
  }
}

/** Writes and reads through hosts, in every way, until it is stopped. */
export class Load {
  readonly written: string[] = [];
  readonly wrong: string[] = [];
  #isOver = false;
  #working: Promise<unknown> | undefined;

  constructor(private readonly hosts: readonly SampleHost[]) {}

  start(): void {
    this.#working = Promise.all(
      this.hosts.flatMap((host, index) => [
        this.#write(host, `t${index}`, true),
        this.#write(host, `s${index}`, false),
      ]),
    );
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#working;
  }

  /** Resolves when as many more notes are written. */
  async more(count: number): Promise<void> {
    const until = this.written.length + count;
    while (this.written.length < until && this.wrong.length === 0) await sleep(5);
  }

  /** One session that reads on another host what it has just written. */
  async #write(host: SampleHost, name: string, isTransaction: boolean): Promise<void> {
    const reader = this.hosts[(this.hosts.indexOf(host) + 1) % this.hosts.length]!;
    const jar = {};
    for (let number = 1; !this.#isOver; number += 1) {
      const text = `${name}-${number}`;
      try {
        await host.request(
          () =>
            isTransaction
              ? host.notes.transactions.runOnce('add', { text }, async (manager) => {
                  await manager.query('insert into notes (text) values ($1)', [text]);
                })
              : host.repository.save({ text }).then(() => undefined),
          { jar },
        );
        this.written.push(text);
        const texts = await reader.request(() => reader.notes.texts(), { jar });
        if (!texts.includes(text)) this.wrong.push(`${text} is not read`);
        const found = await reader.request(() => reader.repository.findBy({ text }), { jar });
        if (found.length !== 1) this.wrong.push(`${text} is found ${found.length} times`);
      } catch (error) {
        this.wrong.push(`${text}: ${String(error)}`);
      }
      await sleep(2);
    }
  }
}
