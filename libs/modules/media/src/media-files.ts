import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { ReadCache } from '@tearline/cache';
import { InjectTransactions, inTransaction, Transactions } from '@tearline/database';
import { InjectOutbox, Outbox } from '@tearline/events';
import { SeamError } from '@tearline/seam';
import type { DataSource, EntityManager } from 'typeorm';
import { fileTag } from './cache-tags.js';
import { FILE_COLUMNS, type MediaFile, type StoredVariant } from './media-file.js';
import { MEDIA_SETTINGS, type MediaSettings } from './media.settings.js';
import type { FileVersion } from './storage/keys.js';
import type { ReceivedFile } from './upload/receive-file.js';
import { MakeVariants } from './variants/make-variants.job.js';
import type { VariantName } from './variants/variants.js';

/** Rows per transaction of a sweep. */
const BATCH_SIZE = 100;

const OWN_BYTES = `
  select coalesce(sum(f.bytes), 0)::bigint as bytes from claims c join files f using (hash)
  where c.user_id = $1 and f.status <> 'failed'`;

/**
 * Writes of the file rows. Each locks a file's row before it changes the file's claims or references or deletes it, so that
 * concurrent changes see each other.
 */
@Injectable()
export class MediaFiles {
  constructor(
    @InjectDataSource('media') private readonly database: DataSource,
    @InjectTransactions('media') private readonly transactions: Transactions,
    @InjectOutbox('media') private readonly outbox: Outbox,
    @Inject(MEDIA_SETTINGS) private readonly settings: MediaSettings,
    private readonly cache: ReadCache,
  ) {}

  /**
   * Adds the user's claim to a file, and enqueues the job for its variants when the file is new.
   * @param generation of the stored original, to insert the row when there is none
   * @returns undefined when there is no row
   * @throws SeamError `file/exceeds-what-you-may-store`
   */
  claim(
    user: number,
    { hash, bytes, kind }: ReceivedFile,
    generation?: string,
  ): Promise<MediaFile | undefined> {
    return inTransaction(this.database, async (manager) => {
      await manager.query("select pg_advisory_xact_lock(hashtextextended('media of ' || $1, 0))", [user]);
      let added = false;
      let file: MediaFile | undefined;
      for (;;) {
        if (generation !== undefined) added = await insert(manager, { hash, bytes, kind }, generation);
        file = await lock(manager, hash);
        if (file || generation === undefined) break;
        // A concurrent row prevented the insert and was deleted before it could be locked.
      }
      const isMine = file !== undefined && (await hasClaim(manager, user, hash));
      if (!isMine && file?.status !== 'failed') await this.checkQuota(manager, user, bytes);
      if (!file) return undefined;
      await manager.query('insert into claims (user_id, hash) values ($1, $2) on conflict do nothing', [
        user,
        hash,
      ]);
      await manager.query(
        'update files set unused_since = now() where hash = $1 and unused_since is not null',
        [hash],
      );
      if (added) await this.outbox.enqueue(manager, MakeVariants, { hash, generation: generation! });
      return file;
    });
  }

  /**
   * Removes the user's claim, and deletes the file when no claim and no reference is left.
   * @returns the deleted file, whose stored objects the caller deletes
   * @throws SeamError `media/not-found`, `media/forbidden`
   */
  async release(user: number, hash: string): Promise<FileVersion | undefined> {
    const released = await this.transactions.run('release media', hash, async (manager) => {
      const file = await lock(manager, hash);
      if (!file) throw new SeamError('media/not-found');
      if (!(await hasClaim(manager, user, hash))) throw new SeamError('media/forbidden');
      await manager.query('delete from claims where user_id = $1 and hash = $2', [user, hash]);
      const [gone] = await this.deleteUnreferenced(
        manager,
        [hash],
        'not exists (select from claims c where c.hash = f.hash)',
      );
      return gone ? { ...gone } : null;
    });
    if (!released) return undefined;
    await this.cache.invalidate(fileTag(hash));
    return released;
  }

  /** Replaces the references of a source, `article/<id>` or `user/<id>`. */
  async setReferences(manager: EntityManager, source: string, hashes: readonly string[]): Promise<void> {
    const before = await manager.query<{ hash: string }[]>('select hash from refs where source = $1', [
      source,
    ]);
    const touched = [...new Set([...before.map(({ hash }) => hash), ...hashes])];
    if (touched.length === 0) return;
    await manager.query('select from files where hash = any($1::text[]) order by hash for update', [touched]);
    await manager.query('delete from refs where source = $1 and hash <> all($2::text[])', [source, hashes]);
    await manager.query(
      'insert into refs (source, hash) select $1, unnest($2::text[]) on conflict do nothing',
      [source, hashes],
    );
    await manager.query(
      `update files f set unused_since = case
         when exists (select from refs r where r.hash = f.hash) then null else coalesce(unused_since, now()) end
       where hash = any($1::text[])`,
      [touched],
    );
  }

  /** Returns the file if its variants do not exist yet. */
  async pending({ hash, generation }: FileVersion): Promise<MediaFile | undefined> {
    const [file] = await this.database.query<MediaFile[]>(
      `select ${FILE_COLUMNS} from files where hash = $1 and generation = $2 and status = 'pending'`,
      [hash, generation],
    );
    return file;
  }

  /** Records that all variants are stored. @returns false when the file was deleted meanwhile */
  markReady(
    manager: EntityManager,
    file: FileVersion,
    variants: Readonly<Record<VariantName, StoredVariant>>,
  ): Promise<boolean> {
    return finish(
      manager,
      file,
      `status = 'ready', ready_at = now(), variants = $3`,
      JSON.stringify(variants),
    );
  }

  /** Records that the file cannot have variants. @returns false when the file was deleted meanwhile */
  markFailed(manager: EntityManager, file: FileVersion, reason: string): Promise<boolean> {
    return finish(manager, file, `status = 'failed', reason = $3`, reason);
  }

  /**
   * Deletes a batch of unreferenced files: those without a claim, and those unreferenced for `MEDIA_UNUSED_SECONDS`.
   * @returns the deleted files, whose stored objects the caller deletes
   */
  async deleteUnused(): Promise<FileVersion[]> {
    const seconds = this.settings.MEDIA_UNUSED_SECONDS;
    const isDue = `(f.unused_since < now() - make_interval(secs => ${seconds})
      or not exists (select from claims c where c.hash = f.hash))`;
    const deleted = await inTransaction(this.database, async (manager) => {
      const found = await manager.query<{ hash: string }[]>(
        `select hash from files f where unused_since is not null and ${isDue}
         order by unused_since limit ${BATCH_SIZE} for update skip locked`,
      );
      // Checked again under the locks, since a reference or claim may have been added before.
      return this.deleteUnreferenced(
        manager,
        found.map(({ hash }) => hash),
        isDue,
      );
    });
    if (deleted.length > 0) await this.cache.invalidate(...deleted.map(({ hash }) => fileTag(hash)));
    return deleted;
  }

  /** Returns which of these file versions may have stored objects, as `<hash>.<generation>`. */
  async findStored(versions: readonly FileVersion[]): Promise<Set<string>> {
    const found = await this.database.query<{ version: string }[]>(
      `select hash || '.' || generation as version from files
       where hash = any($1::text[]) and status <> 'failed'`,
      [versions.map(({ hash }) => hash)],
    );
    return new Set(found.map(({ version }) => version));
  }

  private async deleteUnreferenced(
    manager: EntityManager,
    hashes: readonly string[],
    condition: string,
  ): Promise<FileVersion[]> {
    if (hashes.length === 0) return [];
    const [gone] = await manager.query<[FileVersion[], number]>(
      `delete from files f where hash = any($1::text[]) and ${condition}
         and not exists (select from refs r where r.hash = f.hash)
       returning hash, generation`,
      [hashes],
    );
    if (gone.length > 0) await this.cache.record(manager, ...gone.map(({ hash }) => fileTag(hash)));
    return gone;
  }

  private async checkQuota(manager: EntityManager, user: number, bytes: number): Promise<void> {
    const [own] = await manager.query<{ bytes: number }[]>(OWN_BYTES, [user]);
    if (own!.bytes + bytes > this.settings.MEDIA_BYTES_PER_USER)
      throw new SeamError('file/exceeds-what-you-may-store');
  }
}

/** Inserts a file's row. @returns false when there is one already */
async function insert(
  manager: EntityManager,
  { hash, bytes, kind }: ReceivedFile,
  generation: string,
): Promise<boolean> {
  const added = await manager.query<unknown[]>(
    `insert into files (hash, generation, kind, bytes) values ($1, $2, $3, $4)
     on conflict do nothing returning 1`,
    [hash, generation, kind, bytes],
  );
  return added.length > 0;
}

async function lock(manager: EntityManager, hash: string): Promise<MediaFile | undefined> {
  const [file] = await manager.query<MediaFile[]>(
    `select ${FILE_COLUMNS} from files where hash = $1 for update`,
    [hash],
  );
  return file;
}

async function hasClaim(manager: EntityManager, user: number, hash: string): Promise<boolean> {
  const claims = await manager.query<unknown[]>('select 1 from claims where user_id = $1 and hash = $2', [
    user,
    hash,
  ]);
  return claims.length > 0;
}

async function finish(
  manager: EntityManager,
  { hash, generation }: FileVersion,
  changes: string,
  value: string,
): Promise<boolean> {
  const [, count] = await manager.query<[unknown[], number]>(
    `update files set ${changes} where hash = $1 and generation = $2 and status = 'pending'`,
    [hash, generation, value],
  );
  return count > 0;
}
