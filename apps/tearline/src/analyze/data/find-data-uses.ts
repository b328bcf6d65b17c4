import { ts } from 'ts-morph';
import { type Declaration, isClass } from '../../project/declaration.js';
import type { NestProject } from '../../project/nest-project.js';
import { nameOf, returnedBy, unwrap, walk } from '../../project/syntax.js';
import type { DataUse } from './data-use.js';
import type { Entities } from './entities.js';
import type { Entity } from './entity.js';
import { isActiveRecordMethod, isManagerMethod, isPrismaMethod, isWrite } from './methods.js';
import { RepositoryMembers } from './repository-members.js';

/** Finds where code gets repositories, and reads and writes entities. */
export function findDataUses(nest: NestProject, entities: Entities): DataUse[] {
  if (entities.all.length === 0) return [];
  const { index, ownership, injections } = nest;
  const uses: DataUse[] = [];
  const members = new RepositoryMembers(nest, entities);
  /** Repositories by member, of the classes that inject them. */
  const repositories = new Map<ts.Node, Map<string, Entity>>();
  for (const injection of injections) {
    const entity = members.entityOf(injection);
    if (entity === undefined) continue;
    const { consumer, member, node } = injection;
    // A class that extends the repository of its entity is that repository.
    const module = ownership.ofDeclaration(consumer);
    uses.push({ entity, access: 'repository', module, node, query: undefined });
    if (member === undefined) continue;
    const known = repositories.get(consumer.node) ?? new Map<string, Entity>();
    repositories.set(consumer.node, known.set(member, entity));
  }
  for (const source of index.sources) {
    const stack: ts.Node[] = [];
    const add = (entity: Entity, access: DataUse['access'], node: ts.Node, query?: ts.CallExpression) => {
      const owner = stack.map((each) => declarationOf(each, nest)).find((each) => each !== undefined);
      const module = owner ? ownership.ofDeclaration(owner) : ownership.ofNode(node);
      uses.push({ entity, access, module, node, query });
    };
    const visit = (node: ts.Node) => {
      const isClassNode = ts.isClassDeclaration(node);
      if (isClassNode) stack.push(node);
      if (ts.isCallExpression(node)) visitCall(node);
      else if (ts.isMethodDeclaration(node) && nameOf(node.name) === 'listenTo') {
        const listened = returnedBy(node);
        const entity = listened && entities.named(listened, index);
        if (entity) add(entity, 'read', node);
      }
      ts.forEachChild(node, visit);
      if (isClassNode) stack.pop();
    };
    const visitCall = (node: ts.CallExpression) => {
      if (ts.isIdentifier(node.expression) && /^get\w*Repository$/.test(node.expression.text))
        for (const entity of entitiesIn(node.arguments, entities, nest))
          add(entity, 'repository', node, node);
      if (!ts.isPropertyAccessExpression(node.expression)) return;
      const { expression: receiver, name } = node.expression;
      const method = name.text;
      if (method.startsWith('forFeature')) {
        for (const entity of entitiesIn(node.arguments, entities, nest)) add(entity, 'repository', node);
        return;
      }
      const access = isWrite(method) ? 'write' : 'read';
      const object = unwrap(receiver);
      const model = isPrismaMethod(method) ? prismaModel(object, entities) : undefined;
      if (model) return add(model, access, node, node);
      const repository = memberOf(object, stack.at(-1), repositories);
      if (repository) return add(repository, access, node, node);
      if (isActiveRecordMethod(method) && ts.isIdentifier(object)) {
        const entity = entities.ofDeclaration(index.resolveEntity(object));
        if (entity) return add(entity, access, node, node);
      }
      if (!isManagerMethod(method)) return;
      for (const argument of node.arguments) {
        if (!ts.isIdentifier(argument)) continue;
        const entity = entities.ofDeclaration(index.resolveEntity(argument));
        if (entity) add(entity, method.startsWith('get') ? 'repository' : access, node, node);
      }
    };
    visit(source);
  }
  return uses;
}

const declarationOf = (node: ts.Node, { index }: NestProject): Declaration | undefined => {
  const name = ts.isClassDeclaration(node) ? node.name?.text : undefined;
  const declaration = name === undefined ? undefined : index.resolve(name, node.getSourceFile());
  return isClass(declaration) && declaration.node === node ? declaration : undefined;
};

/** `prisma.user` of `this.prisma.user.findMany()`; not `this.user`, which is a member. */
function prismaModel(object: ts.Node, { prisma }: Entities): Entity | undefined {
  if (!ts.isPropertyAccessExpression(object)) return undefined;
  const of = unwrap(object.expression);
  if (of.kind === ts.SyntaxKind.ThisKeyword && !extendsPrismaClient(object)) return undefined;
  return prisma.byDelegate.get(object.name.text);
}

function extendsPrismaClient(node: ts.Node): boolean {
  const declared = ts.findAncestor(node, ts.isClassDeclaration);
  const heritage = declared?.heritageClauses?.flatMap(({ types }) => [...types]) ?? [];
  return heritage.some(({ expression }) => /PrismaClient|PrismaService/.test(expression.getText()));
}

/** The repository that `this.users` is, also in `this.users.createQueryBuilder('u').where(…)`. */
function memberOf(
  object: ts.Node,
  inClass: ts.Node | undefined,
  repositories: Map<ts.Node, Map<string, Entity>>,
): Entity | undefined {
  const known = inClass && repositories.get(inClass);
  if (known === undefined || !ts.isPropertyAccessExpression(object)) return undefined;
  return object.expression.kind === ts.SyntaxKind.ThisKeyword ? known.get(object.name.text) : undefined;
}

function entitiesIn(args: readonly ts.Expression[], entities: Entities, { index }: NestProject): Set<Entity> {
  const found = new Set<Entity>();
  const addNamed = (node: ts.Node) => {
    const entity = entities.named(node, index);
    if (entity) found.add(entity);
    const declaration = ts.isIdentifier(node) && !entity ? index.resolveEntity(node) : undefined;
    const list = declaration?.kind === 'variable' && (declaration.node as ts.VariableDeclaration).initializer;
    if (list && ts.isArrayLiteralExpression(unwrap(list))) walk(unwrap(list), addNamed);
  };
  for (const argument of args)
    walk(argument, (node) => {
      if (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node) || ts.isStringLiteralLike(node))
        addNamed(node);
    });
  return found;
}
