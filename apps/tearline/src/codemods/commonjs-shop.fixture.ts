/** A small application as Nest 11's CLI makes it: CommonJS, Express, Jest. */
export const COMMONJS_SHOP: Readonly<Record<string, string>> = {
  'package.json': `{
  "name": "shop",
  "private": true
}
`,
  'tsconfig.json': `{
  "compilerOptions": {
    "module": "commonjs",
    "target": "ES2023",
    "experimentalDecorators": true,
    "emitDecoratorMetadata": true,
    "esModuleInterop": true,
    "strictNullChecks": true,
    "noImplicitAny": true,
    "skipLibCheck": true,
    "types": ["node"],
    "ignoreDeprecations": "6.0",
    "moduleResolution": "bundler",
    "customConditions": ["@tearline/source"],
    "rootDir": "/",
    "outDir": "./dist"
  }
}
`,
  '.env.example': `PORT=3000
`,
  'src/main.ts': `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks();
  await app.listen(process.env.PORT ?? 3000);
}
bootstrap();
`,
  'src/app.module.ts': `import { Module } from '@nestjs/common';
import { AuditModule } from './audit/audit.module';
import { OrdersModule } from './orders/orders.module';
import { UsersModule } from './users/users.module';

@Module({
  imports: [AuditModule, UsersModule, OrdersModule],
})
export class AppModule {}
`,
  'src/audit/audit.module.ts': `import { Global, Module } from '@nestjs/common';
import { AuditService } from './audit.service';

@Global()
@Module({
  providers: [AuditService],
  exports: [AuditService],
})
export class AuditModule {}
`,
  'src/audit/audit.service.ts': `import { Injectable } from '@nestjs/common';

@Injectable()
export class AuditService {
  readonly lines: string[] = [];

  async add(line: string): Promise<void> {
    this.lines.push(line);
  }
}
`,
  'src/users/users.module.ts': `import { forwardRef, Module } from '@nestjs/common';
import { OrdersModule } from '../orders/orders.module';
import { UsersController } from './users.controller';
import { UsersService } from './users.service';

@Module({
  imports: [forwardRef(() => OrdersModule)],
  controllers: [UsersController],
  providers: [UsersService],
  exports: [UsersService],
})
export class UsersModule {}
`,
  'src/users/user.ts': `export class User {
  id: number;
  name: string;
  email: string;

  constructor(init: Partial<User>) {
    Object.assign(this, init);
  }

  greeting(): string {
    return \`Hello \${this.name}\`;
  }
}
`,
  'src/users/users.controller.ts': `import { Controller, Get, Param, UseGuards } from '@nestjs/common';
import { UserGuard } from './user.guard';
import { UsersService } from './users.service';

@Controller('users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @UseGuards(UserGuard)
  @Get(':id')
  async find(@Param('id') id: string) {
    return this.users.find(+id);
  }
}
`,
  'src/users/user.guard.ts': `import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { UsersService } from './users.service';

@Injectable()
export class UserGuard implements CanActivate {
  constructor(private readonly users: UsersService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    return this.users.isKnown(Number(headers['x-user'] ?? 1));
  }
}
`,
  'src/users/users.service.ts': `import { forwardRef, Inject, Injectable, NotFoundException } from '@nestjs/common';
import { AuditService } from '../audit/audit.service';
import { OrdersService } from '../orders/orders.service';
import { User } from './user';

@Injectable()
export class UsersService {
  private readonly users = new Map([[1, new User({ id: 1, name: 'Ada', email: 'ada@example.com' })]]);

  constructor(
    private readonly audit: AuditService,
    @Inject(forwardRef(() => OrdersService)) private readonly orders: OrdersService,
  ) {}

  async find(id: number): Promise<User> {
    const user = this.users.get(id);
    if (!user) throw new NotFoundException(\`there is no user \${id}\`);
    return user;
  }

  async rename(id: number, name: string): Promise<User> {
    const user = await this.find(id);
    this.users.set(id, new User({ ...user, name }));
    await this.audit.add(\`user \${id} is \${name}\`);
    return this.find(id);
  }

  async isKnown(id: number): Promise<boolean> {
    return this.users.has(id);
  }

  /** How many orders a user has placed. */
  async orderCount(id: number): Promise<number> {
    return (await this.orders.byUser(id)).length;
  }

  count(): number {
    return this.users.size;
  }
}
`,
  'src/orders/orders.module.ts': `import { forwardRef, Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module';
import { OrdersController } from './orders.controller';
import { OrdersService } from './orders.service';

@Module({
  imports: [forwardRef(() => UsersModule)],
  controllers: [OrdersController],
  providers: [OrdersService],
  exports: [OrdersService],
})
export class OrdersModule {}
`,
  'src/orders/orders.controller.ts': `import { Body, Controller, Get, Post, UseGuards } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { UserGuard } from '../users/user.guard';
import { UsersService } from '../users/users.service';
import { OrdersService } from './orders.service';

@Controller('orders')
@UseGuards(UserGuard)
export class OrdersController {
  constructor(
    private readonly orders: OrdersService,
    private readonly moduleRef: ModuleRef,
  ) {}

  @Post()
  place(@Body() { user, sku }: { user: number; sku: string }) {
    return this.orders.place(user, sku);
  }

  @Get('users')
  users(): { count: number } {
    const users = this.moduleRef.get(UsersService, { strict: false });
    return { count: users.count() };
  }
}
`,
  'src/orders/orders.service.ts': `import { forwardRef, Inject, Injectable } from '@nestjs/common';
import { UsersService } from '../users/users.service';

export interface Order {
  user: number;
  sku: string;
  greeting: string;
}

@Injectable()
export class OrdersService {
  private readonly orders: Order[] = [];

  constructor(
    // The two modules need each other.
    @Inject(forwardRef(() => UsersService))
    private readonly users: UsersService,
  ) {}

  async place(user: number, sku: string): Promise<Order> {
    const found = await this.users.find(user);
    const order = { user, sku, greeting: found.greeting() };
    this.orders.push(order);
    return order;
  }

  async byUser(user: number): Promise<Order[]> {
    return this.orders.filter((order) => order.user === user);
  }
}
`,
  'src/orders/orders.service.spec.ts': `import { Test } from '@nestjs/testing';
import { UsersService } from '../users/users.service';
import { OrdersService } from './orders.service';

describe('OrdersService', () => {
  let orders: OrdersService;
  let users: UsersService;

  beforeEach(async () => {
    const module = await Test.createTestingModule({
      providers: [
        OrdersService,
        { provide: UsersService, useValue: { find: async () => ({ greeting: () => 'Hello' }) } },
      ],
    }).compile();
    orders = module.get(OrdersService);
    users = module.get<UsersService>(UsersService);
  });

  it('places an order', async () => {
    expect(await orders.place(1, 'lamp')).toEqual({ user: 1, sku: 'lamp', greeting: 'Hello' });
    expect(users.find).toBeDefined();
  });
});
`,
};
