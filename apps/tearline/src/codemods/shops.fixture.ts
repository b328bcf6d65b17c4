import { FixtureApplication, filesIn } from './application.fixture.js';
import { COMMONJS_SHOP } from './commonjs-shop.fixture.js';

type Files = Readonly<Record<string, string>>;

/** The example of the repository before it has a seam: ES modules, Fastify, top-level await. */
export function esmShop(): Files {
  return {
    'package.json': '{ "name": "shop", "private": true, "type": "module" }\n',
    'tsconfig.json': `{
  "compilerOptions": {
    "module": "nodenext",
    "target": "es2024",
    "experimentalDecorators": true,
    "emitDecoratorMetadata": true,
    "strict": true,
    "skipLibCheck": true,
    "types": ["node"],
    "customConditions": ["@tearline/source"]
  }
}
`,
    ...filesIn(new URL('../../../../examples/adopt/before/', import.meta.url), 'src'),
  };
}

/** The CommonJS shop with the seam in its root module. */
export const SHOP_WITH_SEAM: Files = {
  ...COMMONJS_SHOP,
  'src/app.module.ts': COMMONJS_SHOP['src/app.module.ts']!.replace(
    'imports: [AuditModule, UsersModule, OrdersModule]',
    'imports: [AuditModule, seamModules({ users: UsersModule, orders: OrdersModule })]',
  ).replace("'@nestjs/common';\n", "'@nestjs/common';\nimport { seamModules } from '@tearline/seam';\n"),
};

/** The CommonJS shop with the seam, and with one text of a file replaced by another. */
export function shopWith(path: string, from: string, to: string): FixtureApplication {
  const shop = FixtureApplication.create(SHOP_WITH_SEAM);
  shop.edit(path, from, to);
  shop.commit();
  return shop;
}
