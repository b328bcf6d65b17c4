import { createHash } from 'node:crypto';
import { ArticleMediaChanged } from '@tearline/modules/articles/contract';
import type { SeedContext, SeedFunction } from '@tearline/database';
import { ImageChanged } from '@tearline/modules/identity/contract';
import { mediaHashIn } from './media-hash-in.js';
import { mediaSettings } from './media.settings.js';
import { SAMPLE_COUNT, samplePicture } from './sample/sample-picture.js';
import { keyOf, newGeneration } from './storage/keys.js';
import { openStorage } from './storage/open-storage.js';
import { TemporaryFiles } from './storage/temporary-files.js';
import { VariantFiles } from './variants/variant-files.js';
import { VariantMaker } from './variants/variant-maker.js';

const INSERT = `
  insert into files (hash, generation, kind, bytes, status, variants, ready_at, unused_since)
  values ($1, $2, $3, $4, 'ready', $5, now(), null)
  on conflict (hash) do nothing`;

const REFER = `
  insert into refs (source, hash) select * from unnest($1::text[], $2::text[]) on conflict do nothing`;

const USE = 'update files set unused_since = null where hash in (select hash from refs)';

/** Seeds the pictures that users and articles of the sample data show. */
export const seed: SeedFunction = async (context) => {
  if (context.plan.users === 0) return undefined;
  const settings = mediaSettings(context.env);
  const temporary = new TemporaryFiles(settings);
  const storage = await openStorage(settings);
  const files = new VariantFiles(temporary, new VariantMaker(settings), storage);
  for (let number = 0; number < SAMPLE_COUNT; number += 1) {
    await add(context, files, temporary, samplePicture(number));
    context.progress(number + 1, SAMPLE_COUNT);
  }
  const references = referencesIn(context);
  await context.query(REFER, [references.map(([source]) => source), references.map(([, hash]) => hash)]);
  await context.query(USE);
  return undefined;
};

/** Stores a picture and its variants, and then its row; a crash in between leaves files that the sweep deletes. */
async function add(
  context: SeedContext,
  files: VariantFiles,
  temporary: TemporaryFiles,
  picture: Buffer,
): Promise<void> {
  const hash = createHash('sha256').update(picture).digest('hex');
  const known = await context.query('select 1 from files where hash = $1', [hash]);
  if (known.length > 0) return;
  const file = { hash, generation: newGeneration(), kind: 'png' as const };
  const original = await temporary.open();
  try {
    await original.write([picture]);
    await original.close();
    const variants = await files.store(file, original.path, new AbortController().signal);
    await files.put(keyOf(file, 'original'), picture);
    await context.query(INSERT, [hash, file.generation, file.kind, picture.length, JSON.stringify(variants)]);
  } finally {
    await original.discard();
  }
}

/** Returns each source with the hash of a picture that it shows. */
function referencesIn(context: SeedContext): (readonly [string, string])[] {
  return [
    ...context
      .emitted(ImageChanged)
      .flatMap(({ payload: { userId, image } }) =>
        mediaHashIn(image).map((hash) => [`user/${userId}`, hash] as const),
      ),
    ...context
      .emitted(ArticleMediaChanged)
      .flatMap(({ payload: { articleId, media } }) =>
        media.map((hash) => [`article/${articleId}`, hash] as const),
      ),
  ];
}
