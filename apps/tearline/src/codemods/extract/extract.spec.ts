import { describe, expect, it, vi } from 'vitest';
import { run } from '../../captured-output.fixture.js';
import { runCli } from '../../cli.js';
import { FixtureApplication } from '../application.fixture.js';
import { COMMONJS_SHOP } from '../commonjs-shop.fixture.js';
import { esmShop, SHOP_WITH_SEAM, shopWith } from '../shops.fixture.js';

// Each run parses an application and the types of the language.
vi.setConfig({ testTimeout: 120_000 });

/** Without the record, which is the same diff once more. */
const sourcesOf = (diff: string) => diff.replace(/^diff --git a\/\.tearline[^]*?(?=^diff )/m, '');

it('puts a module behind a contract, and inlines it again: ES modules', async () => {
  const shop = FixtureApplication.create(esmShop());
  await run('init', shop.directory, '--yes');
  shop.commit();
  expect(await run('extract', 'stock', shop.directory, '--yes')).toMatchObject({ code: 0 });
  await expect(sourcesOf(shop.diff())).toMatchFileSnapshot('../golden/extract-esm.diff');
  expect(await run('inline', 'stock', shop.directory, '--yes')).toMatchObject({ code: 0 });
  expect(shop.diff()).toBe('');
});

it('puts a module behind a contract that compiles, and inlines it again: CommonJS', async () => {
  const shop = FixtureApplication.create(SHOP_WITH_SEAM, { packages: true });
  expect(await run('extract', 'users', shop.directory, '--yes')).toMatchObject({
    code: 0,
    noted: expect.stringContaining('Checking the types …\nWritten: '),
  });
  await expect(sourcesOf(shop.diff())).toMatchFileSnapshot('../golden/extract-commonjs.diff');
  expect(await run('inline', 'users', shop.directory, '--yes')).toMatchObject({ code: 0 });
  expect(shop.diff()).toBe('');
});

it('names everything that stands in the way, with the way out, and writes nothing', async () => {
  const shop = FixtureApplication.create({
    ...SHOP_WITH_SEAM,
    'src/mail/mail.module.ts': `import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module';
import { UsersService } from '../users/users.service';
import { MailService } from './mail.service';

@Module({
  imports: [UsersModule],
  providers: [MailService, { provide: 'PEOPLE', useExisting: UsersService }],
  exports: [UsersService],
})
export class MailModule {}
`,
    'src/mail/mail.service.ts': `import { Injectable } from '@nestjs/common';
import { UsersService } from '../users/users.service';

@Injectable()
export class MailService extends UsersService {
  private readonly mine = new UsersService(undefined as never, undefined as never);

  constructor(private readonly people: UsersService) {
    super(undefined as never, undefined as never);
  }

  size() {
    return this.people.size;
  }

  counts() {
    return [1, 2].map((factor) => factor * this.people.count());
  }

  async all() {
    await this.people.each((name) => name.length);
    return String(this.people);
  }
}
`,
  });
  shop.edit(
    'src/users/users.service.ts',
    '  count(): number {',
    `  readonly size = 1;

  async each(done: (name: string) => void): Promise<void> {
    for (const { name } of this.users.values()) done(name);
  }

  count(): number {`,
  );
  shop.commit();
  const { code, noted } = await run('extract', 'users', shop.directory, '--yes');
  expect(code).toBe(1);
  expect(noted).toContain('UsersModule was not extracted: 8 places are in the way. Nothing was written.');
  for (const place of [
    'src/mail/mail.module.ts:8: UsersService: provides it under another token (useExisting)\n    inject the class itself',
    'src/mail/mail.module.ts:9: UsersService: exports it again\n    export it from its own module only',
    'src/mail/mail.service.ts:5: UsersService: extends it\n    inject it instead',
    'src/mail/mail.service.ts:6: UsersService: makes an instance of it\n    have it injected',
    'src/mail/mail.service.ts:13: reads UsersService.size, which is no method\n    add a method that returns it: async getSize()',
    'src/mail/mail.service.ts:17: this.people.count() returns at once today',
    'src/mail/mail.service.ts:22: hands UsersService on as a whole: String(this.people)\n    hand on what its methods return',
    "src/users/users.service.ts:39: each: argument 'done' is a function\n    change the method to take and return values",
  ])
    expect(noted).toContain(place);
  expect(shop.diff()).toBe('');
});

describe('forms of code', () => {
  it('follows a name through an index file', async () => {
    const shop = shopWith('src/orders/orders.service.ts', "'../users/users.service'", "'../users'");
    shop.write({ 'src/users/index.ts': "export * from './users.service';\n" });
    shop.commit();
    await run('extract', 'users', shop.directory, '--yes');
    expect(shop.read('src/orders/orders.service.ts')).toContain(
      "import { type Users, UsersContract } from '../users';",
    );
    expect(shop.read('src/users/index.ts')).toBe(
      "export * from './users.service';\nexport * from './users.contract';\n",
    );
    await run('inline', 'users', shop.directory, '--yes');
    expect(shop.diff()).toBe('');
  });

  it('keeps an alias of the application', async () => {
    const shop = shopWith(
      'src/orders/orders.service.ts',
      "'../users/users.service'",
      "'@/users/users.service'",
    );
    shop.edit('tsconfig.json', '"outDir"', '"paths": { "@/*": ["./src/*"] },\n    "outDir"');
    shop.commit();
    await run('extract', 'users', shop.directory, '--yes');
    expect(shop.read('src/orders/orders.service.ts')).toContain("from '@/users/users.contract';");
  });

  it('changes factories, properties and repeated providers', async () => {
    const shop = FixtureApplication.create(SHOP_WITH_SEAM);
    shop.write({
      'src/mail/mail.module.ts': `import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module';
import { UsersService } from '../users/users.service';
import { MailService } from './mail.service';

@Module({
  imports: [UsersModule],
  providers: [
    MailService,
    UsersService,
    { provide: 'NAMES', inject: [UsersService], useFactory: (users: UsersService) => users.find(1) },
  ],
})
export class MailModule {}
`,
      'src/mail/mail.service.ts': `import { Inject, Injectable } from '@nestjs/common';
import { UsersService } from '../users/users.service';

@Injectable()
export class MailService {
  @Inject(UsersService)
  private readonly users: UsersService;

  async send(id: number): Promise<void> {
    await this.users.rename(id, 'sent');
  }
}
`,
    });
    shop.commit();
    expect(await run('extract', 'users', shop.directory, '--yes')).toMatchObject({ code: 0 });
    expect(shop.read('src/mail/mail.module.ts')).toBe(`import { Module } from '@nestjs/common';
import { type Users, UsersContract } from '../users/users.contract';
import { MailService } from './mail.service';

@Module({
  providers: [
    MailService,
    { provide: 'NAMES', inject: [UsersContract.token], useFactory: (users: Users) => users.find(1) },
  ],
})
export class MailModule {}
`);
    expect(shop.read('src/mail/mail.service.ts')).toContain(`  @Seam(UsersContract)
  private readonly users: Users;`);
    expect(shop.read('src/users/users.contract.ts')).toContain(
      "    rename: command<UsersService['rename']>(),",
    );
    await run('inline', 'users', shop.directory, '--yes');
    expect(shop.diff()).toBe('');
  });

  it('gives each service that others use a contract of its own', async () => {
    const shop = FixtureApplication.create(SHOP_WITH_SEAM);
    shop.write({
      'src/users/roles.service.ts': `import { Injectable } from '@nestjs/common';

@Injectable()
export class RolesService {
  async rolesOf(id: number): Promise<string[]> {
    return id === 1 ? ['admin'] : [];
  }
}
`,
    });
    shop.edit(
      'src/users/users.module.ts',
      'exports: [UsersService]',
      'exports: [UsersService, RolesService]',
    );
    shop.edit(
      'src/users/users.module.ts',
      'providers: [UsersService]',
      'providers: [UsersService, RolesService]',
    );
    shop.edit(
      'src/users/users.module.ts',
      'import { UsersC',
      "import { RolesService } from './roles.service';\nimport { UsersC",
    );
    const orders = 'src/orders/orders.service.ts';
    shop.edit(
      orders,
      'import { UsersService',
      "import { RolesService } from '../users/roles.service';\nimport { UsersService",
    );
    shop.edit(
      orders,
      'private readonly users: UsersService,',
      'private readonly users: UsersService,\n    private readonly roles: RolesService,',
    );
    shop.edit(orders, 'const order =', 'await this.roles.rolesOf(user);\n    const order =');
    shop.commit();
    expect(await run('extract', 'users', shop.directory, '--yes')).toMatchObject({ code: 0 });
    expect(shop.read('src/users/users.contract.ts')).toMatch(
      /contract\(\n {2}'users',[^]*contract\(\n {2}'roles',/,
    );
    expect(shop.read(orders)).toContain('@Seam(RolesContract) private readonly roles: Roles,');
    expect(shop.read(orders)).toContain(
      "import { type Roles, RolesContract, type Users, UsersContract } from '../users/users.contract';",
    );
    await run('inline', 'users', shop.directory, '--yes');
    expect(shop.diff()).toBe('');
  });

  it('provides a service under its contract as well where a test provides it', async () => {
    const shop = FixtureApplication.create(SHOP_WITH_SEAM);
    shop.edit(
      'src/orders/orders.service.spec.ts',
      "{ provide: UsersService, useValue: { find: async () => ({ greeting: () => 'Hello' }) } },",
      'UsersService,',
    );
    shop.commit();
    await run('extract', 'users', shop.directory, '--yes');
    expect(shop.read('src/orders/orders.service.spec.ts')).toContain(
      'UsersService,\n        { provide: UsersContract.token, useExisting: UsersService },',
    );
  });

  it('adds the module to the list of the root module', async () => {
    const shop = shopWith('src/app.module.ts', 'users: UsersModule, ', '');
    shop.edit('src/app.module.ts', "import { UsersModule } from './users/users.module';\n", '');
    shop.commit();
    await run('extract', 'users', shop.directory, '--yes');
    expect(shop.read('src/app.module.ts')).toMatch(
      /import \{ UsersModule \} from '\.\/users\/users\.module';[^]*orders: OrdersModule,\s+users: UsersModule/,
    );
  });
});

describe('writing', () => {
  it('asks, and a no writes nothing', async () => {
    const shop = FixtureApplication.create(SHOP_WITH_SEAM);
    const questions: string[] = [];
    const answer = async (yes: boolean) =>
      runCli(['extract', 'users', shop.directory], {
        print: () => undefined,
        note: () => undefined,
        confirm: async (question) => questions.push(question) > 0 && yes,
      });
    expect(await answer(false)).toBe(0);
    expect(shop.diff()).toBe('');
    expect(await answer(true)).toBe(0);
    expect(shop.diff()).toContain('+++ b/src/users/users.contract.ts');
    expect(questions).toEqual(
      Array(2).fill(expect.stringMatching(/^Write 8 files, \d+ lines added, \d+ removed\? \[y\/N\] $/)),
    );
  });

  it('prints the diff alone with --dry-run', async () => {
    const shop = FixtureApplication.create(SHOP_WITH_SEAM);
    const { printed, noted } = await run('extract', 'users', shop.directory, '--dry-run');
    expect(printed).toContain('+++ b/src/users/users.contract.ts');
    expect(noted).toContain('Not written: 8 files');
    expect(shop.diff()).toBe('');
  });

  it('refuses a tree with files that are not committed, unless forced', async () => {
    const shop = FixtureApplication.create(SHOP_WITH_SEAM);
    shop.write({ 'src/new.ts': 'export {};\n' });
    expect(await run('extract', 'users', shop.directory, '--yes')).toMatchObject({
      code: 2,
      noted: expect.stringContaining('A file is not committed (src/new.ts)'),
    });
    expect(await run('extract', 'users', shop.directory, '--yes', '--force')).toMatchObject({ code: 0 });
  });

  it('does not write without a terminal to ask on', async () => {
    const shop = FixtureApplication.create(SHOP_WITH_SEAM);
    expect(await run('extract', 'users', shop.directory)).toMatchObject({
      code: 2,
      noted: expect.stringContaining('pass --yes to write, or --dry-run'),
    });
  });

  it.each([
    [COMMONJS_SHOP, 'users', 'does not use seamModules() yet: run npx tearline init'],
    [SHOP_WITH_SEAM, 'people', 'people: expected the name of a module: app, audit, orders, users'],
    [SHOP_WITH_SEAM, 'app', 'app: this is the root module'],
    [
      {
        ...SHOP_WITH_SEAM,
        'src/audit/audit.service.ts': 'export class AuditService {\n  async add(_: string) {}\n}\n',
      },
      'shop',
      'expected the name of a module',
    ],
  ])('refuses what it cannot extract: %#', async (files, module, message) => {
    const shop = FixtureApplication.create(files);
    expect(await run('extract', module, shop.directory)).toMatchObject({
      code: 2,
      noted: expect.stringContaining(message),
    });
  });

  it('refuses a module that no other calls', async () => {
    const shop = shopWith('src/users/users.service.ts', 'await this.orders.byUser(id)', '[]');
    shop.edit(
      'src/users/users.service.ts',
      '    @Inject(forwardRef(() => OrdersService)) private readonly orders: OrdersService,\n',
      '',
    );
    shop.commit();
    expect(await run('extract', 'orders', shop.directory)).toMatchObject({
      code: 2,
      noted: expect.stringContaining('no other module injects a provider of OrdersModule'),
    });
  });
});

it('names filters of the application whose errors no longer reach them', async () => {
  const shop = FixtureApplication.create({
    ...SHOP_WITH_SEAM,
    'src/filters.ts': `import { Catch, ConflictException } from '@nestjs/common';

export class Duplicate extends Error {}
export class Refused extends ConflictException {}

@Catch(Duplicate)
export class DuplicateFilter {
  catch() {}
}

@Catch(Refused)
export class RefusedFilter {
  catch() {}
}

@Catch()
export class EveryFilter {
  catch() {}
}
`,
  });
  const { code, noted } = await run('extract', 'users', shop.directory, '--dry-run');
  expect(code).toBe(0);
  expect(noted).toContain(
    'src/filters.ts:6: DuplicateFilter catches Duplicate, which does not cross a contract',
  );
  expect(noted).not.toMatch(/RefusedFilter|EveryFilter/);
});
