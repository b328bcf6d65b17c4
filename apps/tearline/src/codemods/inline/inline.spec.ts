import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { run } from '../../captured-output.fixture.js';
import { FixtureApplication } from '../application.fixture.js';
import { SHOP_WITH_SEAM } from '../shops.fixture.js';

// Each run parses an application and the types of the language.
vi.setConfig({ testTimeout: 120_000 });

const RECORD = '.tearline/extract-users.patch';

async function extracted(): Promise<FixtureApplication> {
  const shop = FixtureApplication.create(SHOP_WITH_SEAM);
  await run('extract', 'users', shop.directory, '--yes');
  shop.commit();
  return shop;
}

it('reverses by what the code says, where there is no record', async () => {
  const shop = await extracted();
  rmSync(join(shop.directory, RECORD));
  shop.commit();
  expect(await run('inline', 'users', shop.directory, '--yes')).toMatchObject({ code: 0 });
  await expect(shop.diff('HEAD~2')).toMatchFileSnapshot('../golden/inline-without-record.diff');
});

it('keeps what was written since, and changes new callers too', async () => {
  const shop = await extracted();
  shop.edit(
    'src/orders/orders.service.ts',
    'return this.orders.filter',
    '// The newest last.\n    return this.orders.filter',
  );
  shop.write({
    'src/orders/labels.service.ts': `import { Injectable } from '@nestjs/common';
import { Seam } from '@tearline/seam';
import { type Users, UsersContract } from '../users/users.contract';

@Injectable()
export class LabelsService {
  constructor(@Seam(UsersContract) private readonly users: Users) {}

  async label(id: number): Promise<string> {
    return (await this.users.find(id)).name;
  }
}
`,
  });
  shop.commit();
  expect(await run('inline', 'users', shop.directory, '--yes')).toMatchObject({ code: 0 });
  expect(shop.read('src/orders/labels.service.ts')).toBe(`import { Injectable } from '@nestjs/common';
import { UsersService } from '../users/users.service';

@Injectable()
export class LabelsService {
  constructor(private readonly users: UsersService) {}

  async label(id: number): Promise<string> {
    return (await this.users.find(id)).name;
  }
}
`);
  shop.git('rm', '-q', '--cached', 'src/orders/labels.service.ts');
  rmSync(join(shop.directory, 'src/orders/labels.service.ts'));
  expect(shop.diff('HEAD~2')).toMatch(/^\+ {4}\/\/ The newest last\.$/m);
  expect(shop.git('diff', '--numstat', 'HEAD~2')).toBe('1\t0\tsrc/orders/orders.service.ts\n');
});

it('imports the module again where a class that called it has moved to another module', async () => {
  const shop = await extracted();
  shop.edit('src/orders/orders.module.ts', 'providers: [OrdersService],', 'imports: [ServiceModule],');
  shop.edit(
    'src/orders/orders.module.ts',
    "import { OrdersService } from './orders.service';",
    "import { ServiceModule } from './service.module';",
  );
  shop.edit('src/orders/orders.module.ts', 'exports: [OrdersService]', 'exports: [ServiceModule]');
  shop.write({
    'src/orders/service.module.ts': `import { Module } from '@nestjs/common';
import { OrdersService } from './orders.service';

@Module({ providers: [OrdersService], exports: [OrdersService] })
export class ServiceModule {}
`,
  });
  shop.commit();
  expect(await run('inline', 'users', shop.directory, '--yes')).toMatchObject({ code: 0 });
  expect(shop.read('src/orders/service.module.ts')).toContain(
    "import { UsersModule } from '../users/users.module';",
  );
  expect(shop.read('src/orders/service.module.ts')).toMatch(/imports: \[UsersModule\]/);
});

it('names a use that has no counterpart, and refuses what is not extracted', async () => {
  const shop = await extracted();
  shop.write({
    'src/names.ts':
      "import { UsersContract } from './users/users.contract';\n\nexport const name = UsersContract.name;\n",
  });
  shop.commit();
  expect(await run('inline', 'users', shop.directory, '--yes')).toMatchObject({
    code: 1,
    noted: expect.stringContaining('src/names.ts:3: uses UsersContract in a way that has no counterpart'),
  });
  expect(await run('inline', 'orders', shop.directory, '--yes')).toMatchObject({
    code: 2,
    noted: expect.stringContaining('no class of OrdersModule is marked with @Implements()'),
  });
});
