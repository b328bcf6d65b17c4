import { expect, it, vi } from 'vitest';
import { run } from '../../captured-output.fixture.js';
import { FixtureApplication } from '../application.fixture.js';
import { COMMONJS_SHOP } from '../commonjs-shop.fixture.js';
import { esmShop } from '../shops.fixture.js';

// Each run parses an application and the types of the language.
vi.setConfig({ testTimeout: 120_000 });

it.each([
  ['commonjs', () => COMMONJS_SHOP],
  ['esm', esmShop],
])('adds the seam once: %s', async (name, files) => {
  const shop = FixtureApplication.create(files());
  expect(await run('init', shop.directory, '--yes')).toMatchObject({ code: 0 });
  await expect(shop.diff()).toMatchFileSnapshot(`../golden/init-${name}.diff`);
  shop.commit();
  expect(await run('init', shop.directory, '--yes')).toEqual({
    code: 0,
    printed: '',
    noted: 'Nothing to change.\n',
  });
  expect(shop.diff()).toBe('');
});

it('loads a module that is a promise by a function', async () => {
  const promised = COMMONJS_SHOP['src/app.module.ts']!.replace(
    '@Module(',
    `@Module({})
class LateModule {
  static async register() {
    return { module: LateModule };
  }
}

@Module(`,
  ).replace('imports: [', 'imports: [LateModule.register(), ');
  const shop = FixtureApplication.create({ ...COMMONJS_SHOP, 'src/app.module.ts': promised });
  const { printed } = await run('init', shop.directory, '--dry-run');
  expect(printed).toContain('late: { load: () => LateModule.register(), contracts: [] },');
});

it('says what is to do by hand', async () => {
  const shop = FixtureApplication.create({
    ...COMMONJS_SHOP,
    'src/main.ts': `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

void NestFactory.create(AppModule).then((app) => app.listen(3000));
`,
    'src/app.module.ts': `import { Module } from '@nestjs/common';

@Module({})
export class AppModule {}
`,
  });
  const { code, noted, printed } = await run('init', shop.directory, '--dry-run');
  expect(printed).toContain('+# Modules of this process, separated by commas: users\n');
  expect({ code, noted }).toEqual({
    code: 0,
    noted: expect.stringContaining('src/main.ts:4: found no place before'),
  });
  expect(noted).toContain('src/app.module.ts:3: the imports of AppModule name no module of this application');
  expect(shop.diff()).toBe('');
});

it.each([
  ['src/main.ts', 'expected a file that calls NestFactory.create()'],
  ['tsconfig.json', 'expected a tsconfig.json'],
])('refuses an application without %s', async (path, message) => {
  const { [path]: _, ...files } = COMMONJS_SHOP;
  const shop = FixtureApplication.create(files);
  expect(await run('init', shop.directory)).toEqual({
    code: 2,
    printed: '',
    noted: expect.stringContaining(message),
  });
});
