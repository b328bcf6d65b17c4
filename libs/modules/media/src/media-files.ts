import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { InjectOutbox, Outbox } from '@tearline/events';
import { SeamError } from '@tearline/seam';
import type { DataSource, EntityManager } from 'typeorm';
import { FILE_COLUMNS, type MediaFile, type StoredVariant } from './media-file.js';
import { MEDIA_SETTINGS, type MediaSettings } from './media.settings.js';
import type { FileVersion } from './storage/keys.js';
import type { ReceivedFile } from './upload/receive-file.js';
import { MakeVariants } from './variants/make-variants.job.js';
import type { VariantName } from './variants/variants.js';

/** How many rows one sweep deletes at once. */
const BATCH = 100;

const OWN_BYTES = `
  select coalesce(sum(f.bytes), 0)::bigint as bytes from claims c join files f using (hash)
  where c.user_id = $1 and f.status <> 'failed'`;

/**
 * Who may change what is known of the files: a file's row is locked before anybody claims it, refers to it or deletes
 * it, so that none of them misses another.
 */
@Injectable()
export class MediaFiles {
  constructor(
    @InjectDataSource('media') private readonly database: DataSource,
    @InjectOutbox('media') private readonly outbox: Outbox,
    @Inject(MEDIA_SETTINGS) private readonly settings: MediaSettings,
  ) {}

  /**
   * Makes a file the user's, and has its variants made when it is new.
   * @param generation of a file that is stored already, to be added if there is none yet
   * @returns undefined when there is none
   * @throws SeamError `file/exceeds-what-you-may-store`
   */
  claim(
    user: number,
    { hash, bytes, kind }: ReceivedFile,
    generation?: string,
  ): Promise<MediaFile | undefined> {
    return this.database.transaction(async (manager) => {
      await manager.query("select pg_advisory_xact_lock(hashtextextended('media of ' || $1, 0))", [user]);
      let added = false;
      let file: MediaFile | undefined;
      for (;;) {
        if (generation !== undefined) added = await add(manager, { hash, bytes, kind }, generation);
        file = await lock(manager, hash);
        if (file || generation === undefined) break;
        // Somebody's row was in the way, and has been deleted while it was waited for.
      }
      const isMine = file !== undefined && (await hasClaim(manager, user, hash));
      if (!isMine && file?.status !== 'failed') await this.refuseTooMuch(manager, user, bytes);
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
   * Takes the user's claim away; with nobody's left and nothing that shows it, the file goes.
   * @returns the file when it is gone, so that what is stored of it can go, too
   * @throws SeamError `media/not-found`, `media/forbidden`
   */
  release(user: number, hash: string): Promise<FileVersion | undefined> {
    return this.database.transaction(async (manager) => {
      const file = await lock(manager, hash);
      if (!file) throw new SeamError('media/not-found');
      if (!(await hasClaim(manager, user, hash))) throw new SeamError('media/forbidden');
      await manager.query('delete from claims where user_id = $1 and hash = $2', [user, hash]);
      const [gone] = await deleteUnused(
        manager,
        [hash],
        'not exists (select from claims c where c.hash = f.hash)',
      );
      return gone;
    });
  }

  /** Of one thing that may show pictures, `article/<id>` or `user/<id>`: shows these and no others. */
  async refer(manager: EntityManager, source: string, hashes: readonly string[]): Promise<void> {
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

  /** A file whose variants are still to be made. */
  async pending({ hash, generation }: FileVersion): Promise<MediaFile | undefined> {
    const [file] = await this.database.query<MediaFile[]>(
      `select ${FILE_COLUMNS} from files where hash = $1 and generation = $2 and status = 'pending'`,
      [hash, generation],
    );
    return file;
  }

  /** All of its variants are stored. @returns whether there is such a file, still */
  markReady(
    manager: EntityManager,
    file: FileVersion,
    variants: Readonly<Record<VariantName, StoredVariant>>,
  ): Promise<boolean> {
    return settle(
      manager,
      file,
      `status = 'ready', ready_at = now(), variants = $3`,
      JSON.stringify(variants),
    );
  }

  /** It will never have variants. @returns whether there is such a file, still */
  markFailed(manager: EntityManager, file: FileVersion, reason: string): Promise<boolean> {
    return settle(manager, file, `status = 'failed', reason = $3`, reason);
  }

  /**
   * Deletes some files that nothing shows: those that nobody claims, and those that have been like that for long.
   * @returns them, so that what is stored of them can go, too
   */
  forgetUnused(): Promise<FileVersion[]> {
    const seconds = this.settings.MEDIA_UNUSED_SECONDS;
    const isDue = `(f.unused_since < now() - make_interval(secs => ${seconds})
      or not exists (select from claims c where c.hash = f.hash))`;
    return this.database.transaction(async (manager) => {
      const found = await manager.query<{ hash: string }[]>(
        `select hash from files f where unused_since is not null and ${isDue}
         order by unused_since limit ${BATCH} for update skip locked`,
      );
      // Asked again now that they are locked: a reference or a claim may have come just before.
      return deleteUnused(
        manager,
        found.map(({ hash }) => hash),
        isDue,
      );
    });
  }

  /** Of these, those that something is to be stored of. */
  async owners(named: readonly FileVersion[]): Promise<Set<string>> {
    const found = await this.database.query<{ owner: string }[]>(
      `select hash || '.' || generation as owner from files
       where hash = any($1::text[]) and status <> 'failed'`,
      [named.map(({ hash }) => hash)],
    );
    return new Set(found.map(({ owner }) => owner));
  }

  private async refuseTooMuch(manager: EntityManager, user: number, bytes: number): Promise<void> {
    const [own] = await manager.query<{ bytes: number }[]>(OWN_BYTES, [user]);
    if (own!.bytes + bytes > this.settings.MEDIA_BYTES_PER_USER)
      throw new SeamError('file/exceeds-what-you-may-store');
  }
}

/** @returns false when there is one already */
async function add(
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

async function deleteUnused(
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
  return gone;
}

async function settle(
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
