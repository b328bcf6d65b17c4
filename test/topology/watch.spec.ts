import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Workspace } from '../../measure/src/lab/measure/workspace.js';
import { Api } from '../support/api-client.js';
import { type RunningApp, startApp } from '../support/running-app.js';
import { startLoad } from './load.js';

const minutes = 60_000;
const patiently = { timeout: 2 * minutes, interval: 20 };

let folder: string;
let app: RunningApp;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'watch-'));
  await Workspace.copy(folder, undefined, process.cwd());
  app = await startApp({
    entry: join(folder, 'dist/apps/topology/src/main.js'),
    args: ['--alone', 'articles', '--watch'],
    within: 2 * minutes,
  });
}, 3 * minutes);
afterAll(async () => {
  await app?.stop();
  rmSync(folder, { recursive: true, force: true });
}, minutes);

it(
  'an edit replaces the hosts that run the module while they serve, and code that does not start replaces nothing',
  async () => {
    const source = join(folder, 'libs/modules/articles/src/tags.controller.ts');
    const before = readFileSync(source, 'utf8');
    const api = new Api(app.url);
    const tags = async () => (await api.send<{ tags: string[] }>('GET', '/api/tags')).body.tags;
    const replaced = (host: string) =>
      app.logs().filter((line) => line.includes(`${host} runs the new code`));
    const load = await startLoad(app.url, 2, 'reads and writes');

    writeFileSync(source, before.replace(/return this[.].*;/, "return { tags: ['edited'] } as never;"));
    await expect.poll(tags, patiently).toEqual(['edited']);
    await expect.poll(() => replaced('articles.1'), patiently).toHaveLength(1);
    expect(replaced('app.1')).toEqual([]);

    writeFileSync(source, `${before}\nthrow new Error('does not start');\n`);
    await expect
      .poll(() => app.logs().some((line) => line.includes('the old process goes on')), patiently)
      .toBe(true);
    expect(await tags()).toEqual(['edited']);

    writeFileSync(source, before);
    await expect.poll(tags, patiently).not.toEqual(['edited']);
    await expect.poll(() => replaced('articles.1'), patiently).toHaveLength(2);
    expect(await load.stop()).toEqual([]);
  },
  5 * minutes,
);
