import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, vi } from 'vitest';
import { FixtureApplication } from '../application.fixture.js';
import { COMMONJS_SHOP } from '../commonjs-shop.fixture.js';

// Each run parses an application and the types of the language.
vi.setConfig({ testTimeout: 120_000 });

const repository = fileURLToPath(new URL('../../../../../', import.meta.url));
/** What Nest's command line starts for `nest add`, after it has installed the package. */
const schematics = createRequire(import.meta.url).resolve('@angular-devkit/schematics-cli/bin/schematics.js');

/** Links the packages of this repository into an application, as an installation would place them. */
function install(shop: FixtureApplication): void {
  const modules = join(shop.directory, 'node_modules');
  mkdirSync(join(modules, '@tearline/seam'), { recursive: true });
  cpSync(join(repository, 'libs/seam/schematics'), join(modules, '@tearline/seam/schematics'), {
    recursive: true,
  });
  const manifest = JSON.parse(readFileSync(join(repository, 'libs/seam/package.json'), 'utf8')) as object;
  // As published, where the exports name the manifest.
  const published = { ...manifest, exports: { './package.json': './package.json' } };
  shop.write({ 'node_modules/@tearline/seam/package.json': JSON.stringify(published) });
  symlinkSync(join(repository, 'apps/tearline'), join(modules, 'tearline'));
  shop.write({ 'package.json': '{ "name": "shop", "devDependencies": { "tearline": "*" } }\n' });
  shop.commit();
}

it('nest add @tearline/seam changes what tearline init changes, once', async () => {
  const shop = FixtureApplication.create(COMMONJS_SHOP);
  install(shop);
  const add = () =>
    promisify(execFile)(process.execPath, [schematics, '@tearline/seam:nest-add', '--source-root=src'], {
      cwd: shop.directory,
    });
  await add();
  expect(shop.diff()).toBe(readFileSync(new URL('../golden/init-commonjs.diff', import.meta.url), 'utf8'));
  shop.commit();
  await add();
  expect(shop.diff()).toBe('');
  rmSync(join(shop.directory, 'node_modules'), { recursive: true });
});
