import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EmbeddedFolder, query } from './embedded-folder.fixture.js';
import { resetEmbedded } from './index.js';

describe('resetEmbedded', () => {
  const folder = new EmbeddedFolder();

  it('removes the data and nothing else', async () => {
    await writeFile(join(folder.dir, 'key.json'), '{}');
    const before = await folder.start();
    await query(before.url, 'CREATE TABLE old ()');
    await before.stop();

    await resetEmbedded(folder.dir);
    expect(await readdir(folder.dir)).toEqual(['key.json', 'postgres.lock']);
    const after = await folder.start();
    expect(new URL(after.url).password).not.toBe(new URL(before.url).password);
    expect(await query(after.url, "SELECT to_regclass('old') AS old")).toEqual([{ old: null }]);
  });

  it('has nothing to do in a folder that is empty or missing', async () => {
    await resetEmbedded(folder.dir);
    await resetEmbedded(join(folder.dir, 'missing'));
    expect(await readdir(folder.dir)).toEqual(['postgres.lock']);
  });
});
