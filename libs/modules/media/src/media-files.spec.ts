import { Databases, databaseUrls, migrate } from '@tearline/database';
import type { EmbeddedPostgres } from '@tearline/embedded';
import { Outbox } from '@tearline/events';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPostgres } from '../../../../test/support/postgres.js';
import { data, manifest } from './index.js';
import { MediaFiles } from './media-files.js';
import { mediaSettings } from './media.settings.js';
import { newGeneration } from './storage/keys.js';

const PICTURE = { hash: 'a'.repeat(64), bytes: 10, kind: 'png' } as const;
const WAITS = "select from pg_stat_activity where usename = current_user and wait_event_type = 'Lock'";

let server: EmbeddedPostgres;
let database: DataSource;

beforeAll(async () => {
  server = await startPostgres();
  const urls = databaseUrls(['media'], {}, server.url);
  await migrate(server.url, [{ data, url: urls['media']! }]);
  const options = await new Databases({ urls, connections: 5 }).dataSourceOptionsFor('media', []);
  database = await new DataSource(options as DataSourceOptions).initialize();
});
afterAll(async () => {
  await database?.destroy();
  await server?.stop();
});

it('is whose upload comes last, also when the former owner gives it up in between', async () => {
  const outbox = new Outbox(manifest, [manifest], () => undefined);
  const files = new MediaFiles(database, outbox, mediaSettings());
  await files.claim(1, PICTURE, newGeneration());
  const leaving = database.createQueryRunner();
  await leaving.startTransaction();
  await leaving.query('select from files for update');

  const generation = newGeneration();
  const claimed = files.claim(2, PICTURE, generation);
  await expect.poll(async () => (await database.query<unknown[]>(WAITS)).length).toBe(1);
  await leaving.query('delete from files');
  await leaving.commitTransaction();
  await leaving.release();
  expect(await claimed).toMatchObject({ hash: PICTURE.hash, generation });
});
