import { type EmbeddedPostgres, startEmbedded } from '@tearline/embedded';

/** A private PostgreSQL that can be killed, and started again on the same port. */
export class Postgres {
  #embedded: EmbeddedPostgres | undefined;

  /** @param dir folder of its data, which every user must be able to enter */
  constructor(private readonly dir: string) {}

  get url(): string {
    return this.#embedded!.url;
  }

  async start(): Promise<void> {
    if (this.#embedded) await this.#embedded.server.start();
    else this.#embedded = await startEmbedded({ dir: this.dir });
  }

  /** Kills all of its processes at once, as a power failure does. */
  async kill(): Promise<void> {
    await this.#embedded!.server.kill();
  }

  async stop(): Promise<void> {
    await this.#embedded?.stop();
  }
}
