import { describe, expect, it } from 'vitest';
import { readNestProject } from '../project/nest-project.js';
import {
  sampleApplication,
  sampleModule,
  sampleRoot,
  type SampleFiles,
} from '../project/sample-application.fixture.js';
import { contextOf } from './context.js';
import { findFindings } from './findings.js';

/** `severity kind module → other: subject (file:lines)` of each finding in an application of the modules users and orders. */
function findingsIn(files: SampleFiles): string[] {
  const folder = sampleApplication({
    ...sampleRoot('users', 'orders'),
    ...sampleModule('users'),
    ...sampleModule('orders'),
    ...files,
  });
  return findFindings(contextOf(readNestProject(folder))).map(
    ({ severity, kind, module, other, subject, file, lines }) =>
      `${severity} ${kind} ${module}${other ? ` → ${other}` : ''}: ${subject} (${file.replace('src/', '')}:${lines.join()})`,
  );
}

/** A controller makes a module more than infrastructure. */
const usersHaveRoutes = {
  'src/users/users.controller.ts': `import { Controller } from '@nestjs/common';
@Controller('users')
export class UsersController {}
`,
};
const typeormUser = {
  ...usersHaveRoutes,
  'src/users/user.entity.ts': `import { Entity, PrimaryGeneratedColumn } from 'typeorm';
@Entity('users')
export class User { @PrimaryGeneratedColumn() id: number; }
`,
};
const orders = (members: string, before = '') => sampleModule('orders', { members, before });
const importUser = "import { User } from '../users/user.entity';";

it('reports nothing in an application of independent modules', () => {
  expect(
    findingsIn({
      ...usersHaveRoutes,
      ...orders(
        'private readonly seen = new Map(); constructor(private readonly own: OrderNumbers) {}',
        "import { OrderNumbers } from './order-numbers';",
      ),
      'src/orders/order-numbers.ts': 'export class OrderNumbers {}',
    }),
  ).toEqual([]);
});

describe('injection', () => {
  const injecting = orders(
    'constructor(private readonly users: UsersService) {}',
    "import { UsersService } from '../users/users.service';",
  );

  it('of a service of another module', () => {
    expect(findingsIn({ ...usersHaveRoutes, ...injecting })).toEqual([
      'medium injection orders → users: UsersService (orders/orders.service.ts:5)',
    ]);
  });

  it('is less severe when that module has no routes and no data', () => {
    expect(findingsIn(injecting)).toEqual([
      'low injection orders → users: UsersService (orders/orders.service.ts:5)',
    ]);
  });

  it('by a token, and of a client of a database', () => {
    expect(
      findingsIn({
        ...usersHaveRoutes,
        ...sampleModule('users', { module: "providers: [{ provide: 'USERS', useClass: UsersService }]," }),
        ...orders(
          "constructor(@Inject('USERS') private readonly users: unknown) {}",
          "import { Inject } from '@nestjs/common';",
        ),
      }),
    ).toEqual(['medium injection orders → users: UsersService (orders/orders.service.ts:5)']);
    expect(
      findingsIn({
        'src/users/users.service.ts':
          "import { PrismaClient } from '@prisma/client';\nexport class UsersService extends PrismaClient {}",
        ...injecting,
      }),
    ).toEqual([]);
  });

  it('into the options of a dynamic module, and from a module that only forRoot names', () => {
    expect(
      findingsIn({
        'src/config/config.module.ts': `import { ConfigService } from './config.service';
export class ConfigModule {
  static forRoot() { return { module: ConfigModule, providers: [ConfigService] }; }
}`,
        'src/config/config.service.ts': 'export class ConfigService {}',
        ...sampleModule('orders', {
          imports:
            "import { JwtModule } from '@nestjs/jwt';\nimport { ConfigService } from '../config/config.service';",
          module: 'imports: [JwtModule.registerAsync({ useFactory: () => ({}), inject: [ConfigService] })],',
        }),
      }),
    ).toEqual(['low injection orders → config: ConfigService (orders/orders.module.ts:5)']);
  });

  it('of a provider that another module provides a second time', () => {
    expect(
      findingsIn({
        ...usersHaveRoutes,
        ...sampleModule('orders', {
          imports: "import { UsersService } from '../users/users.service';",
          module: 'controllers: [], providers: [UsersService],',
        }),
      }),
    ).toEqual(['medium injection orders → users: UsersService (orders/orders.module.ts:4)']);
  });
});

describe('entities of another module', () => {
  it('in TypeORM: repositories, entity managers and registrations', () => {
    expect(
      findingsIn({
        ...typeormUser,
        ...sampleModule('orders', {
          imports: `import { TypeOrmModule } from '@nestjs/typeorm';\n${importUser}`,
          module: 'imports: [TypeOrmModule.forFeature([User])],',
          before: `import { InjectRepository } from '@nestjs/typeorm';\n${importUser}`,
          members: `constructor(@InjectRepository(User) private readonly users: Repository<User>) {}
  find() { return this.users.find(); }
  also(manager: EntityManager) { return manager.delete(User, 1); }`,
        }),
      }),
    ).toEqual([
      'high data-access orders → users: User (orders/orders.module.ts:5)',
      'high data-access orders → users: User (orders/orders.service.ts:6,7,8)',
    ]);
  });

  it('in Mongoose: models by name, by class, and of providers', () => {
    expect(
      findingsIn({
        ...usersHaveRoutes,
        'src/users/user.schema.ts': `import { Schema, SchemaFactory } from '@nestjs/mongoose';
@Schema()
export class User {}
export const UserSchema = SchemaFactory.createForClass(User);`,
        ...sampleModule('orders', {
          module: "providers: [{ provide: 'USERS', useFactory: (c) => c.model('User', UserSchema) }],",
          imports: "import { UserSchema } from '../users/user.schema';",
          before:
            "import { InjectModel } from '@nestjs/mongoose';\nimport { User } from '../users/user.schema';",
          members: 'constructor(@InjectModel(User.name) a: Model<User>, @Inject("USERS") b: unknown) {}',
        }),
      }),
    ).toEqual(['high data-access orders → users: User (orders/orders.service.ts:6)']);
  });

  it('in Mongoose: models that a function makes of a schema without a class', () => {
    expect(
      findingsIn({
        'src/database/user.model.ts': `import { Schema } from 'mongoose';
export interface User {}
const UserSchema = new Schema({});
UserSchema.virtual('orders', { ref: 'Order' });
export const createUserModel = (connection) => connection.model('User', UserSchema);`,
        'src/database/order.model.ts': `import { Schema } from 'mongoose';
export const OrderSchema = new Schema({});
export const createOrderModel = (connection) => connection.model('Order', OrderSchema);`,
        'src/database/database.module.ts': `import { Module } from '@nestjs/common';
import { createOrderModel } from './order.model';
import { createUserModel } from './user.model';
export const models = [
  { provide: 'USERS', useFactory: (connection) => createUserModel(connection) },
  { provide: 'ORDERS', useFactory: (connection) => createOrderModel(connection) },
];
@Module({ providers: [...models], exports: [...models] })
export class DatabaseModule {}`,
        ...sampleModule('users', {
          before: "import { Inject } from '@nestjs/common';",
          members:
            "constructor(@Inject('USERS') private readonly users) {}\n  add() { return this.users.create({}); }",
        }),
        ...orders(
          `constructor(@Inject('ORDERS') private readonly orders, @Inject('USERS') private readonly users) {}
  add() { return this.orders.create({}); }`,
          "import { Inject } from '@nestjs/common';",
        ),
      }),
    ).toEqual([
      'high data-access orders → users: User (orders/orders.service.ts:5)',
      'high relation users → orders: User.orders: Order (database/user.model.ts:4)',
    ]);
  });

  it('in TypeORM: repositories of a function, and subscribers', () => {
    expect(
      findingsIn({
        ...typeormUser,
        ...orders(
          'all() { return getRepository(User).find(); }',
          `import { getRepository } from 'typeorm';\n${importUser}`,
        ),
        'src/subscribers/user.subscriber.ts': `${importUser}
export class UserSubscriber { listenTo() { return User; } }`,
      }),
    ).toEqual([
      'high data-access (shared code) → users: User (subscribers/user.subscriber.ts:2)',
      'high data-access orders → users: User (orders/orders.service.ts:6)',
    ]);
  });

  it('in Sequelize: injected models and active records', () => {
    expect(
      findingsIn({
        ...usersHaveRoutes,
        'src/users/user.model.ts': `import { Table, Model } from 'sequelize-typescript';
@Table({ tableName: 'accounts' })
export class User extends Model {}`,
        ...orders(
          'constructor(@InjectModel(User) private readonly users: typeof User) {}\n  all() { return User.findAll(); }',
          "import { InjectModel } from '@nestjs/sequelize';\nimport { User } from '../users/user.model';",
        ),
      }),
    ).toEqual(['high data-access orders → users: User (orders/orders.service.ts:6,7)']);
  });

  it('in MikroORM: entity managers and custom repositories', () => {
    expect(
      findingsIn({
        ...usersHaveRoutes,
        'src/users/user.entity.ts':
          "import { Entity } from '@mikro-orm/core';\n@Entity() export class User {}",
        'src/users/user.repository.ts':
          "import { EntityRepository } from '@mikro-orm/core';\nimport { User } from './user.entity';\nexport class UserRepository extends EntityRepository<User> {}",
        ...orders(
          'constructor(private readonly users: UserRepository, private readonly em: EntityManager) {}\n  one() { return this.em.findOne(User, 1); }',
          `${importUser}\nimport { UserRepository } from '../users/user.repository';`,
        ),
      }),
    ).toEqual(['high data-access orders → users: User (orders/orders.service.ts:6,7)']);
  });

  const prisma = {
    'prisma/schema.prisma': `model User {
  id     Int     @id
  orders Order[]
}
model Order {
  id     Int  @id
  userId Int
  user   User @relation(fields: [userId], references: [id])
}`,
    ...sampleModule('users', {
      members:
        'constructor(private readonly prisma: PrismaClient) {}\n  add() { return this.prisma.user.create({ data: {} }); }',
    }),
  };

  it('in Prisma: models of the module that writes them', () => {
    expect(
      findingsIn({
        ...prisma,
        ...orders(`async add(id: number) {
    await this.prisma.order.create({ data: { user: { connect: { id } } } });
    return this.prisma.user.findMany();
  }
  all() { return this.prisma.order.findMany({ include: { user: true } }); }`),
      }),
    ).toEqual([
      'high relation orders → users: Order.user: User (prisma/schema.prisma:8)',
      'high join orders → users: User (orders/orders.service.ts:6,9)',
      'high data-access orders → users: User (orders/orders.service.ts:7)',
    ]);
  });

  it('in Prisma: literals that a type names the model of', () => {
    expect(
      findingsIn({
        ...prisma,
        ...orders(`one() { return this.prisma.order.update({ data: {} }); }
  input(): Prisma.OrderCreateInput { return { user: { create: {} } }; }`),
      }),
    ).toEqual([
      'high relation orders → users: Order.user: User (prisma/schema.prisma:8)',
      'high join orders → users: User (orders/orders.service.ts:6)',
    ]);
  });
});

describe('relations', () => {
  const order = (members: string, imports: string, decorator = '@Entity()') => ({
    'src/orders/order.entity.ts': `${imports}\n${importUser}\n${decorator}\nexport class Order {\n  ${members}\n}`,
  });

  it.each([
    [
      'TypeORM',
      "import { Entity, ManyToOne } from 'typeorm';",
      '@ManyToOne(() => User, (user) => user.orders) user: User;',
    ],
    [
      'MikroORM by type',
      "import { Entity, ManyToOne } from '@mikro-orm/core';",
      '@ManyToOne() user!: Ref<User>;',
    ],
    [
      'MikroORM by entity',
      "import { Entity, ManyToOne } from '@mikro-orm/core';",
      '@ManyToOne({ entity: () => User }) user!: unknown;',
    ],
    ['a string', "import { Entity, ManyToOne } from 'typeorm';", "@ManyToOne('User') user: unknown;"],
  ])('of %s', (_, imports, member) => {
    expect(findingsIn({ ...typeormUser, ...order(member, imports) })).toEqual([
      'high relation orders → users: Order.user: User (orders/order.entity.ts:5)',
    ]);
  });

  it('of Mongoose, in classes and in schemas', () => {
    expect(
      findingsIn({
        ...usersHaveRoutes,
        'src/users/user.entity.ts':
          "import { Schema } from '@nestjs/mongoose';\n@Schema() export class User {}",
        ...order(
          "@Prop({ type: [{ type: ObjectId, ref: User.name }] }) users: User[];\n  @Prop({ ref: 'User' }) user: string;",
          "import { Schema, Prop } from '@nestjs/mongoose';",
          '@Schema()',
        ),
        'src/orders/line.ts': `import { Schema } from 'mongoose';
export const LineSchema = new Schema({ buyer: { type: Schema.Types.ObjectId, ref: 'User' } });`,
      }),
    ).toEqual([
      'high relation orders → users: Line.buyer: User (orders/line.ts:2)',
      'high relation orders → users: Order.users: User (orders/order.entity.ts:5)',
      'high relation orders → users: Order.user: User (orders/order.entity.ts:6)',
    ]);
  });

  it('of Sequelize', () => {
    expect(
      findingsIn({
        ...usersHaveRoutes,
        'src/users/user.entity.ts':
          "import { Table } from 'sequelize-typescript';\n@Table export class User {}",
        ...order(
          '@BelongsTo(() => User) user: User;',
          "import { Table, BelongsTo } from 'sequelize-typescript';",
          '@Table',
        ),
      }),
    ).toEqual(['high relation orders → users: Order.user: User (orders/order.entity.ts:5)']);
  });

  const withOrder = {
    ...typeormUser,
    ...order('@ManyToOne(() => User) user: User;', "import { Entity, ManyToOne } from 'typeorm';"),
  };

  it.each([
    ["this.orders.find({ relations: ['user'] })"],
    ['this.orders.find({ relations: { user: true } })'],
    ["this.orders.find({ where: { user: { name: 'a' } } })"],
    ["this.orders.createQueryBuilder('o').where('1').leftJoinAndSelect('o.user', 'u').getMany()"],
    ["this.orders.createQueryBuilder('o').innerJoin(User, 'u')"],
    ["this.orders.find().populate('user')"],
    ['this.orders.findAll({ include: [{ model: User }] })'],
    ["this.orders.findOne(1, { populate: ['user'] })"],
  ])('are loaded by %s', (query) => {
    const found = findingsIn({
      ...withOrder,
      ...orders(
        `constructor(@InjectRepository(Order) private readonly orders: unknown) {}\n  all() { return ${query}; }`,
        `import { InjectRepository } from '@nestjs/typeorm';\nimport { Order } from './order.entity';\n${importUser}`,
      ),
    });
    expect(found).toContain('high join orders → users: User (orders/orders.service.ts:8)');
  });

  it('are loaded by a query builder in a variable', () => {
    const found = findingsIn({
      ...withOrder,
      ...orders(
        "constructor(@InjectRepository(Order) private readonly orders: unknown) {}\n  all() { const query = this.orders.createQueryBuilder('o');\n    query.leftJoin('o.user', 'u'); return query.getMany(); }",
        "import { InjectRepository } from '@nestjs/typeorm';\nimport { Order } from './order.entity';",
      ),
    });
    expect(found).toContain('high join orders → users: User (orders/orders.service.ts:8)');
  });
});

describe('transactions', () => {
  const injecting = (members: string) => ({
    ...usersHaveRoutes,
    ...orders(
      `constructor(private readonly users: UsersService, private readonly source: DataSource) {}\n  ${members}`,
      "import { UsersService } from '../users/users.service';",
    ),
  });

  it.each([
    [
      'async a() { await this.source.transaction(async (manager) => { await this.users.add(1, manager); }); }',
    ],
    ['async a(manager: EntityManager) { await this.users.add(manager); }'],
    ['async a() { const session = await this.source.startSession(); await this.users.add({ session }); }'],
    ['async a() { const runner = this.source.createQueryRunner(); await this.users.add(runner.manager); }'],
    ['async a(tx: Prisma.TransactionClient | null) { await this.users.add(tx); }'],
    [
      'async a() { await this.source.transaction(async (t) => { await this.users.add({ transaction: t }); }); }',
    ],
  ])('are handed over: %s', (method) => {
    expect(findingsIn(injecting(method))).toContain(
      'high transaction orders → users: UsersService.add (orders/orders.service.ts:6)',
    );
  });

  it.each([
    ['async a() { await this.source.transaction(async () => { await this.users.add(); }); }'],
    ['@Transactional() async a() { await this.users.add(); }'],
  ])('are open while another module is called: %s', (method) => {
    expect(findingsIn(injecting(method))).toContain(
      'medium transaction orders → users: UsersService.add (orders/orders.service.ts:6)',
    );
  });

  it('write entities of another module', () => {
    const found = findingsIn({
      ...typeormUser,
      ...orders('a() { return this.source.transaction((m) => m.save(User, {})); }', importUser),
    });
    expect(found).toContain('high transaction orders → users: User (orders/orders.service.ts:5)');
  });

  it('of a module alone are no finding', () => {
    expect(
      findingsIn(
        injecting(
          'async a() { await this.source.transaction(async (m) => { await this.b(m); }); await this.users.add(1); }',
        ),
      ),
    ).toEqual(['medium injection orders → users: UsersService (orders/orders.service.ts:5)']);
  });
});

describe('code', () => {
  const importService = "import { UsersService } from '../users/users.service';";

  it('that hands over functions', () => {
    expect(
      findingsIn({
        ...usersHaveRoutes,
        ...orders(
          'constructor(private readonly users: UsersService) { users.register(this); }\n  a() { this.users.on(() => 1); }',
          importService,
        ),
      }),
    ).toEqual([
      'high callback orders → users: UsersService.register (orders/orders.service.ts:5)',
      'high callback orders → users: UsersService.on (orders/orders.service.ts:6)',
      'medium injection orders → users: UsersService (orders/orders.service.ts:5)',
    ]);
  });

  it('with forwardRef, in classes and in modules', () => {
    const found = findingsIn({
      ...usersHaveRoutes,
      ...sampleModule('orders', {
        imports:
          "import { forwardRef } from '@nestjs/common';\nimport { UsersModule } from '../users/users.module';",
        module: 'imports: [forwardRef(() => UsersModule)],',
        before: `import { forwardRef, Inject } from '@nestjs/common';\n${importService}`,
        members:
          'constructor(@Inject(forwardRef(() => UsersService)) private readonly users: UsersService) {}',
      }),
    });
    expect(found).toEqual([
      'medium circle orders → users: UsersModule (orders/orders.module.ts:5)',
      'medium circle orders → users: UsersService (orders/orders.service.ts:6)',
      'medium injection orders → users: UsersService (orders/orders.service.ts:6)',
    ]);
  });

  it('in global modules', () => {
    const module = {
      imports: "import { Global } from '@nestjs/common';\n@Global()",
    };
    expect(findingsIn({ ...usersHaveRoutes, ...sampleModule('users', module) })).toEqual([
      'medium global-module users: UsersModule (users/users.module.ts:4)',
    ]);
  });

  it('with state outside of instances', () => {
    expect(
      findingsIn({
        'src/orders/state.ts': `let count = 0;
const seen = new Map<string, number>();
const fixed = ['a'];
export class Sessions {
  static current = 0;
  start() { Sessions.current = 1; count += 1; seen.set('a', fixed.length); const local = []; local.push(1); }
}`,
        'src/shared/registry.ts':
          'export const handlers = [];\nexport function register(x) { handlers.push(x); }',
        'src/users/users.service.ts':
          "import { Sessions } from '../orders/state';\nexport class UsersService { a = new Sessions(); }",
      }),
    ).toEqual([
      'medium state (shared code): handlers (shared/registry.ts:1)',
      'medium state orders: count (orders/state.ts:1)',
      'medium state orders: seen (orders/state.ts:2)',
      'medium state orders: Sessions.current (orders/state.ts:5)',
      'low shared-value users → orders: Sessions (users/users.service.ts:1)',
    ]);
  });

  it.each([
    ["this.events.emit('order.placed', {})", "@OnEvent('order.placed') on() {}"],
    ['this.events.emitAsync(PLACED, {})', "@OnEvent('order.*') on() {}"],
    ['this.events.emit(Names.placed, {})', "@OnEvent('order.placed') on() {}"],
    ['this.events.emit(`order.${kind}`, {})', "@OnEvent('order.placed') on() {}"],
  ])('with events in the process: %s, %s', (emit, handler) => {
    const found = findingsIn({
      ...sampleModule('users', {
        members: handler,
        before: "import { OnEvent } from '@nestjs/event-emitter';",
      }),
      ...orders(
        `a(kind: string) { ${emit}; }`,
        "const PLACED = 'order.placed'; enum Names { placed = 'order.placed' }",
      ),
    });
    expect(found).toEqual([
      expect.stringMatching(/^medium event orders → users: order[.].+ \(orders.orders.service.ts:5\)$/),
    ]);
  });

  it('with commands and events of CQRS', () => {
    expect(
      findingsIn({
        'src/users/place.handler.ts': `import { CommandHandler } from '@nestjs/cqrs';
import { Place } from './place.command';
@CommandHandler(Place) export class PlaceHandler {}`,
        'src/users/place.command.ts': 'export class Place {}',
        ...orders(
          'a() { return this.bus.execute(new Place()); }',
          "import { Place } from '../users/place.command';",
        ),
      }),
    ).toEqual(['medium event orders → users: Place (orders/orders.service.ts:5)']);
  });

  it('with an emitter that several modules use', () => {
    expect(
      findingsIn({
        ...sampleModule('users', {
          before: "import { EventEmitter } from 'node:events';",
          members: 'readonly bus = new EventEmitter();',
        }),
        ...orders('constructor(private readonly users: UsersService) {}', importService),
      }),
    ).toEqual([
      'medium event users: EventEmitter (users/users.service.ts:5)',
      'low injection orders → users: UsersService (orders/orders.service.ts:5)',
    ]);
  });

  it('that is made for each request', () => {
    const found = findingsIn({
      'src/users/context.ts': `import { Injectable, Scope } from '@nestjs/common';
@Injectable({ scope: Scope.REQUEST }) export class UserContext {}`,
      ...orders(
        'constructor(@Inject(REQUEST) private readonly request: unknown) {}',
        "import { REQUEST } from '@nestjs/core';",
      ),
    });
    expect(found).toEqual([
      'medium request-scope orders: OrdersService (orders/orders.service.ts:5)',
      'medium request-scope users: UserContext (users/context.ts:2)',
    ]);
  });

  it('with SQL on tables of another module', () => {
    const found = findingsIn({
      ...typeormUser,
      ...orders(`a(id: number) { return this.source.query(\`SELECT * FROM "public"."users" WHERE id = \${id}\`); }
  b() { return this.source.query('update users set a = 1'); }
  c() { return 'Update users set=1'.length + 'update users'.length + 'choose from users'.length; }`),
    });
    expect(found).toEqual([
      expect.stringMatching(/^high raw-sql orders → users: User \(orders.orders.service.ts:5,6\)$/),
    ]);
  });

  it('with one cache for several modules', () => {
    const inject = (name: string) =>
      sampleModule(name, {
        before:
          "import { Inject } from '@nestjs/common';\nimport { CACHE_MANAGER } from '@nestjs/cache-manager';",
        members: 'constructor(@Inject(CACHE_MANAGER) private readonly cache: unknown) {}',
      });
    expect(findingsIn({ ...inject('users'), ...inject('orders') })).toEqual([
      'low cache orders: CACHE_MANAGER (orders/orders.service.ts:6)',
      'low cache users: CACHE_MANAGER (users/users.service.ts:6)',
    ]);
    expect(findingsIn(inject('users'))).toEqual([]);
  });

  it('that shares classes and enums, but not types and functions', () => {
    expect(
      findingsIn({
        'src/users/role.ts':
          'export enum Role { a }\nexport class UserDto {}\nexport interface Named {}\nexport const isRole = () => true;',
        ...orders(
          'a: Named | Role | UserDto = isRole();',
          "import { isRole, Named, Role, UserDto } from '../users/role';",
        ),
      }),
    ).toEqual([
      'low shared-value orders → users: Role (orders/orders.service.ts:2)',
      'low shared-value orders → users: UserDto (orders/orders.service.ts:2)',
    ]);
  });

  it('of no module that injects a service', () => {
    expect(
      findingsIn({
        ...usersHaveRoutes,
        'src/guards/user.guard.ts': `import { Injectable } from '@nestjs/common';
import { UsersService } from '../users/users.service';
@Injectable() export class UserGuard { constructor(private readonly users: UsersService) {} }`,
      }),
    ).toEqual(['medium injection (shared code) → users: UsersService (guards/user.guard.ts:3)']);
  });
});

it('gives a finding the same id when lines move', () => {
  const idsIn = (before: string) => {
    const folder = sampleApplication({
      ...sampleRoot('users', 'orders'),
      ...sampleModule('users'),
      ...orders(
        'constructor(private readonly users: UsersService) {}',
        `${before}import { UsersService } from '../users/users.service';`,
      ),
    });
    return findFindings(contextOf(readNestProject(folder))).map(({ id }) => id);
  };
  expect(idsIn('')).toEqual([expect.stringMatching(/^[\da-f]{12}$/)]);
  expect(idsIn('// one\n// two\n')).toEqual(idsIn(''));
});
