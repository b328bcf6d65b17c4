import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readNestProject } from './nest-project.js';
import {
  sampleApplication,
  sampleModule,
  sampleRoot,
  type SampleFiles,
} from './sample-application.fixture.js';

const namesIn = (files: SampleFiles, dir = '.') => {
  const { features } = readNestProject(join(sampleApplication(files), dir));
  return features.map(({ name, isRoot, nestModules }) => [
    isRoot ? `${name} (root)` : name,
    ...nestModules.slice(1).map((each) => each.name),
  ]);
};

describe('the modules of an application', () => {
  it('are its Nest modules', () => {
    expect(
      namesIn({ ...sampleRoot('users', 'orders'), ...sampleModule('users'), ...sampleModule('orders') }),
    ).toEqual([['app (root)'], ['orders'], ['users']]);
  });

  it('include those that are nested in their folder and used by them alone', () => {
    const files = {
      ...sampleRoot('users'),
      ...sampleModule('users', {
        imports: "import { UsersDbModule } from './db/users-db.module';",
        module: 'imports: [UsersDbModule],',
      }),
      'src/users/db/users-db.module.ts':
        "import { Module } from '@nestjs/common';\n@Module({}) export class UsersDbModule {}",
    };
    expect(namesIn(files)).toEqual([['app (root)'], ['users', 'UsersDbModule']]);
  });

  it('are found in the metadata that a condition, a variable, a spread or forRoot gives', () => {
    const files = {
      ...sampleModule('users', {
        imports: `import { A } from './a';
import { B } from './b';
const more = [B];
const chosen = process.env.X ? A : B;`,
        module: 'controllers: [chosen, ...more, ...(process.env.Y ? [A] : [])],',
      }),
      'src/users/a.ts': 'export class A {}',
      'src/users/b.ts': 'export class B {}',
      'src/mail/mail.module.ts': `import { Module, DynamicModule } from '@nestjs/common';
import { A } from '../users/a';
@Module({})
export class MailModule {
  static forRoot(): DynamicModule { return { module: MailModule, global: true, providers: [A] }; }
}`,
    };
    const { nestModules } = readNestProject(sampleApplication(files));
    const [mail, users] = nestModules.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    expect(users!.controllers.map(({ declaration }) => declaration?.name)).toEqual(['A', 'B', 'B', 'A']);
    expect([
      mail!.global !== undefined,
      mail!.providers.map(({ implementation }) => implementation?.name),
    ]).toEqual([true, ['A']]);
  });

  it('of an Nx application include the libraries that it imports, and no frontend', () => {
    const files = {
      'nx.json': '{}',
      'tsconfig.base.json':
        '{"compilerOptions":{"baseUrl":".","paths":{"@shop/users":["libs/users/src/index.ts"]}}}',
      'apps/api/project.json': '{}',
      'apps/api/tsconfig.json': '{"extends":"../../tsconfig.base.json"}',
      'apps/api/src/app/app.module.ts': `import { Module } from '@nestjs/common';
import { UsersModule } from '@shop/users';
@Module({ imports: [UsersModule] })
export class AppModule {}`,
      'libs/users/project.json': '{}',
      'libs/users/src/index.ts': "export * from './lib/users.module.js';",
      'libs/users/src/lib/users.module.ts':
        "import { Module } from '@nestjs/common';\n@Module({}) export class UsersModule {}",
      'apps/web/project.json': '{}',
      'apps/web/src/main.ts': 'export class WebModule {}',
    };
    for (const dir of ['.', 'apps/api']) expect(namesIn(files, dir)).toEqual([['app (root)'], ['users']]);
  });
});

it('resolves packages of a workspace to their sources', () => {
  const folder = sampleApplication({
    'package.json': '{"workspaces":["packages/*"]}',
    'packages/api/package.json': '{"name":"@shop/api"}',
    'packages/api/src/app.module.ts': `import { Module } from '@nestjs/common';
import { UsersModule } from '@shop/users';
@Module({ imports: [UsersModule] })
export class AppModule {}
export const lazy = () => import('@shop/mail/module');`,
    'packages/mail/package.json': '{"name":"@shop/mail","exports":{"./*":{"import":"./dist/mail.*.js"}}}',
    'packages/mail/src/mail.module.ts':
      "import { Module } from '@nestjs/common';\n@Module({}) export class MailModule {}",
    'packages/users/package.json': '{"name":"@shop/users","main":"dist/index.js"}',
    'packages/users/src/index.ts': "export * from './users.module';",
    'packages/users/src/users.module.ts':
      "import { Module } from '@nestjs/common';\n@Module({}) export class UsersModule {}",
  });
  const { features } = readNestProject(join(folder, 'packages/api'));
  expect(features.map(({ name }) => name)).toEqual(['app', 'mail', 'users']);
});

it('finds injections by class, by token, in properties, in factories and by ModuleRef', () => {
  const files = {
    ...sampleRoot('users', 'orders'),
    ...sampleModule('users'),
    ...sampleModule('orders', {
      before: `import { Inject, forwardRef } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { UsersService } from '../users/users.service';
export const USERS = Symbol('users');`,
      members: `@Inject() other: UsersService;
  constructor(private readonly users: UsersService, @Inject(USERS) private readonly token: unknown,
    @Inject(forwardRef(() => UsersService)) private readonly later: UsersService, private readonly moduleRef: ModuleRef) {}
  find() { return this.moduleRef.get(UsersService, { strict: false }); }`,
    }),
  };
  const { injections } = readNestProject(sampleApplication(files));
  expect(injections.map(({ member, name, isForwardRef }) => [member, name, isForwardRef])).toEqual([
    ['users', 'UsersService', false],
    ['token', 'USERS', false],
    ['later', 'UsersService', true],
    ['moduleRef', 'ModuleRef', false],
    ['other', 'UsersService', false],
    [undefined, 'UsersService', false],
  ]);
});

it('resolves names through re-exports, also of files that export each other', () => {
  const { index } = readNestProject(
    sampleApplication({
      ...sampleRoot('users'),
      ...sampleModule('users'),
      'src/a.ts': "export * from './b';\nexport { Deep as Renamed } from './c';\nexport class Own {}",
      'src/b.ts': "import { Deep } from './c';\nexport * from './a';\nexport { Deep };",
      'src/c.ts': "export * from './a';\nexport default class Deep {}\nexport { Deep };",
      'src/use.ts': "import { Deep, Missing, Own, Renamed } from './a';\nimport Main from './c';",
    }),
  );
  const use = index.sources.find(({ fileName }) => fileName.endsWith('use.ts'))!;
  expect(['Deep', 'Missing', 'Own', 'Renamed', 'Main'].map((name) => index.resolve(name, use)?.name)).toEqual(
    ['Deep', undefined, 'Own', 'Deep', 'Deep'],
  );
});
