import { ts } from 'ts-morph';
import { isClass } from '../project/declaration.js';
import type { FeatureModule } from '../project/feature-module.js';
import type { NestProject } from '../project/nest-project.js';
import { decoratorsOf } from '../project/syntax.js';
import type { ServiceInjection } from './service-injection.js';
import type { DataUse } from './data/data-use.js';
import type { Entity, EntityOwner } from './data/entity.js';

const ROUTES = new Set([
  'Controller',
  'Resolver',
  'WebSocketGateway',
  'Processor',
  'EventPattern',
  'MessagePattern',
  'CommandHandler',
  'QueryHandler',
  'EventsHandler',
]);

/** Finds the modules without routes and data that need only modules of the same kind. */
export function findInfrastructure(
  { features, index, ownership }: NestProject,
  services: readonly ServiceInjection[],
  uses: readonly DataUse[],
  owners: ReadonlyMap<Entity, EntityOwner>,
): Set<FeatureModule> {
  const busy = new Set<FeatureModule | undefined>([
    ...uses.map(({ module }) => module),
    ...[...owners.values()].map(({ owner }) => owner),
  ]);
  for (const declaration of index.declarations())
    if (isClass(declaration) && decoratorsOf(declaration.node).some(({ name }) => ROUTES.has(name)))
      busy.add(ownership.ofDeclaration(declaration));
  const found = new Set(features.filter((each) => !each.isRoot && !busy.has(each)));
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const { module, owner } of services)
      if (module && found.has(module) && owner && owner !== module && !found.has(owner)) found.delete(module);
  }
  return found;
}

const CLIENTS = /PrismaClient$|^DataSource$|^MongoClient$|^Redis$|^Sequelize$|^MikroORM$/;

/** Whether a class is the client of a database, which each process has for itself. */
export function isClientOfDatabase(node: ts.ClassDeclaration): boolean {
  return (
    node.heritageClauses?.some(({ types }) =>
      types.some(({ expression }) => {
        const called = ts.isCallExpression(expression) ? expression.expression : expression;
        return CLIENTS.test(called.getText());
      }),
    ) ?? false
  );
}
