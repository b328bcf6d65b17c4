import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { primaryUrl } from '@tearline/database';
import { Api } from '../../support/api-client.js';
import { type ArticleBody, articlePath, newArticle, register } from '../../support/conduit.js';
import { query } from '../../support/postgres.js';

const WRITERS = 4;
const PAUSE_MS = 100;

/** Comments that are only added, so that each acknowledged one must be there at the end. */
export class Ledger {
  readonly acknowledged: string[] = [];
  /** Requests that failed, by status; 0 is one without an answer. */
  readonly failed = new Map<number, number>();
  #isClosed = false;

  private constructor(
    private readonly clients: readonly Api[],
    private readonly path: string,
  ) {}

  /** @param hosts URLs of hosts, which take turns */
  static async open(hosts: readonly string[]): Promise<Ledger> {
    const { token } = await register(new Api(hosts[0]!));
    const clients = hosts.map((host) => new Api(host, token));
    const created = await clients[0]!.post<ArticleBody>('/api/articles', { article: newArticle() });
    return new Ledger(clients, `${articlePath(created.body.article.slug)}/comments`);
  }

  /** Writes until `close`. */
  async write(): Promise<void> {
    await Promise.all(Array.from({ length: WRITERS }, (_, index) => this.#write(index)));
  }

  close(): void {
    this.#isClosed = true;
  }

  /** Returns the acknowledged comments that the primary does not have. @param url the owner's URL of all servers */
  async lost(url: string): Promise<string[]> {
    const sql = 'select body from comments.comments where body = any($1)';
    const rows = await query<{ body: string }>(await primaryUrl(url), sql, [this.acknowledged]);
    const there = new Set(rows.map(({ body }) => body));
    return this.acknowledged.filter((body) => !there.has(body));
  }

  async #write(index: number): Promise<void> {
    for (let turn = index; !this.#isClosed; turn += 1) {
      const body = randomUUID();
      const client = this.clients[turn % this.clients.length]!;
      const { status } = await client.post(this.path, { comment: { body } }).catch(() => ({ status: 0 }));
      if (status === 200 || status === 201) this.acknowledged.push(body);
      else this.failed.set(status, (this.failed.get(status) ?? 0) + 1);
      await pause(PAUSE_MS);
    }
  }
}
