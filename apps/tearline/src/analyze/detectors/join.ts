import { ts } from 'ts-morph';
import { nameOf, unwrap, walk } from '../../project/syntax.js';
import type { AnalysisContext } from '../context.js';
import type { Entity } from '../data/entity.js';
import type { FeatureModule } from '../../project/feature-module.js';
import type { Observation } from '../finding.js';

const JOINS = /^(left|inner|full|cross)?join\w*$|^populate$|^relation$|^load(Relation\w*)?$|^include$/i;

/** Queries of own entities that load, filter by, or write related entities of another module. */
export function* joins(context: AnalysisContext): Iterable<Observation> {
  const { uses, nest } = context;
  const seen = new Set<ts.Node>();
  for (const { entity, module, query } of uses) {
    if (query === undefined || context.ownerOf(entity) !== module) continue;
    for (const argument of query.arguments) yield* inQuery(argument, entity, module, context, seen);
    for (const call of chainOf(query)) yield* inJoinCall(call, entity, module, context);
  }
  yield* inTypedLiterals(context, nest.index.sources, seen);
}

/** The calls that follow in a chain: `repo.createQueryBuilder('a').leftJoin('a.author', 'u')`, `Model.find().populate('author')`. */
function chainOf(query: ts.CallExpression): ts.CallExpression[] {
  const calls: ts.CallExpression[] = [];
  let node: ts.Node = query;
  while (ts.isPropertyAccessExpression(node.parent) && ts.isCallExpression(node.parent.parent)) {
    node = node.parent.parent;
    calls.push(node as ts.CallExpression);
  }
  // A builder that is kept in a variable is joined to in later statements.
  const variable = ts.isVariableDeclaration(node.parent) ? nameOf(node.parent.name) : undefined;
  const body = variable && ts.findAncestor(node, ts.isBlock);
  if (!body) return calls;
  walk(body, (each) => {
    if (!ts.isCallExpression(each) || !ts.isPropertyAccessExpression(each.expression)) return;
    if (rootOf(each) === variable && JOINS.test(each.expression.name.text)) calls.push(each);
  });
  return calls;
}

function rootOf(node: ts.Node): string | undefined {
  let root = node;
  while (ts.isCallExpression(root) || ts.isPropertyAccessExpression(root)) root = root.expression;
  return nameOf(root);
}

function* inJoinCall(
  call: ts.CallExpression,
  entity: Entity,
  module: FeatureModule | undefined,
  context: AnalysisContext,
) {
  if (!ts.isPropertyAccessExpression(call.expression) || !JOINS.test(call.expression.name.text)) return;
  const [first] = call.arguments;
  if (first === undefined) return;
  const named = context.entities.named(first, context.nest.index);
  if (named && !ts.isStringLiteralLike(first)) yield* observe(named, entity, call, module, context);
  else yield* inQuery(first, entity, module, context, new Set(), true);
}

/**
 * Reads the options of a query: keys and strings that are relations of the entity (`relations: ['author']`,
 * `include: { author: true }`, `where: { author: { name } }`, `'article.author'`), and models (`include: [User]`).
 */
function* inQuery(
  argument: ts.Node,
  entity: Entity,
  module: FeatureModule | undefined,
  context: AnalysisContext,
  seen: Set<ts.Node>,
  isList = false,
): Iterable<Observation> {
  const node = unwrap(argument);
  if (seen.has(node)) return;
  seen.add(node);
  if (ts.isStringLiteralLike(node) && isList) yield* inPath(node, entity, module, context);
  else if (ts.isArrayLiteralExpression(node))
    for (const element of node.elements) yield* inQuery(element, entity, module, context, seen, isList);
  else if (ts.isConditionalExpression(node)) {
    yield* inQuery(node.whenTrue, entity, module, context, seen, isList);
    yield* inQuery(node.whenFalse, entity, module, context, seen, isList);
  } else if (ts.isIdentifier(node)) {
    const named = isList ? context.entities.named(node, context.nest.index) : undefined;
    if (named) yield* observe(named, entity, node, module, context);
    else {
      const value = localValue(node);
      if (value) yield* inQuery(value, entity, module, context, seen, isList);
    }
  } else if (ts.isObjectLiteralExpression(node))
    for (const property of node.properties) yield* inProperty(property, entity, module, context, seen);
}

const LISTS = new Set([
  'relations',
  'populate',
  'include',
  'path',
  'model',
  'with',
  'join',
  'leftJoinAndSelect',
  'innerJoinAndSelect',
  'leftJoin',
  'innerJoin',
]);

function* inProperty(
  property: ts.ObjectLiteralElementLike,
  entity: Entity,
  module: FeatureModule | undefined,
  context: AnalysisContext,
  seen: Set<ts.Node>,
): Iterable<Observation> {
  if (ts.isSpreadAssignment(property)) {
    yield* inQuery(property.expression, entity, module, context, seen);
    return;
  }
  const name = property.name && nameOf(property.name);
  if (name === undefined) return;
  const relation = entity.relations.find((each) => each.name === name);
  const value = ts.isPropertyAssignment(property) ? property.initializer : property.name;
  if (relation) {
    const { target } = relation;
    if (!isIdentifierOf(value)) yield* observe(target, entity, property, module, context);
    if (context.ownerOf(target) === module && value) yield* inQuery(value, target, module, context, seen);
  } else if (value) yield* inQuery(value, entity, module, context, seen, LISTS.has(name));
}

/** `where: { author: id }` and `where: { author: { id } }` compare the foreign key alone. */
function isIdentifierOf(value: ts.Node | undefined): boolean {
  const node = value && unwrap(value);
  if (node === undefined) return false;
  if (!ts.isObjectLiteralExpression(node)) return node.kind !== ts.SyntaxKind.TrueKeyword;
  return (
    node.properties.length > 0 &&
    node.properties.every(({ name }) => name && /^(_?id|uid|uuid|\$in|\$eq)$/.test(nameOf(name) ?? ''))
  );
}

/** `author`, `author.profile`, `article.author` with an alias first. */
function* inPath(
  node: ts.StringLiteralLike,
  entity: Entity,
  module: FeatureModule | undefined,
  context: AnalysisContext,
) {
  let current = entity;
  for (const part of node.text.split(/[.\s,]+/)) {
    const relation = current.relations.find(({ name }) => name === part);
    if (relation === undefined) continue;
    yield* observe(relation.target, current, node, module, context);
    current = relation.target;
  }
}

function* observe(
  target: Entity,
  entity: Entity,
  at: ts.Node,
  module: FeatureModule | undefined,
  { ownerOf }: AnalysisContext,
): Iterable<Observation> {
  const other = ownerOf(target);
  if (other === undefined || other === module) return;
  yield {
    kind: 'join',
    severity: 'high',
    module,
    other,
    at,
    subject: target.name,
    why: `a query of ${entity.name} includes ${target.name} of ${other.name}`,
  };
}

/** The literal that a variable of the same file has. */
function localValue(node: ts.Identifier): ts.Expression | undefined {
  let found: ts.Expression | undefined;
  const scope = ts.findAncestor(node, (each) => ts.isFunctionLike(each) || ts.isSourceFile(each));
  if (scope === undefined) return undefined;
  walk(scope, (each) => {
    if (ts.isVariableDeclaration(each) && nameOf(each.name) === node.text && each.initializer)
      found ??=
        ts.isObjectLiteralExpression(unwrap(each.initializer)) ||
        ts.isArrayLiteralExpression(unwrap(each.initializer))
          ? each.initializer
          : undefined;
  });
  return found;
}

/** Literals that a type names the model of: `const include: Prisma.ArticleInclude = { … }`, also what a function returns. */
function* inTypedLiterals(
  context: AnalysisContext,
  sources: readonly ts.SourceFile[],
  seen: Set<ts.Node>,
): Iterable<Observation> {
  if (context.entities.prisma.entities.length === 0) return;
  for (const source of sources) {
    if (!source.text.includes('Prisma.')) continue;
    const found: [ts.Node, Entity][] = [];
    walk(source, (node) => {
      const type =
        (ts.isVariableDeclaration(node) ||
          ts.isFunctionLike(node) ||
          ts.isSatisfiesExpression(node) ||
          ts.isAsExpression(node)) &&
        node.type;
      const name = type && ts.isTypeReferenceNode(type) ? prismaModelOf(type) : undefined;
      const entity = name && context.entities.prisma.byName.get(name);
      if (!entity) return;
      if (ts.isFunctionLike(node)) {
        walk(node, (each) => {
          if (ts.isReturnStatement(each) && each.expression) found.push([each.expression, entity]);
        });
      } else {
        const value = ts.isVariableDeclaration(node)
          ? node.initializer
          : (node as ts.AsExpression).expression;
        if (value) found.push([value, entity]);
      }
    });
    const module = context.nest.ownership.ofNode(source);
    for (const [node, entity] of found)
      if (context.ownerOf(entity) === module) {
        const value = ts.isTypeAssertionExpression(node) ? node.expression : node;
        yield* inQuery(value, entity, module, context, seen);
      }
  }
}

/** `Article` of `Prisma.ArticleInclude`. */
function prismaModelOf({ typeName }: ts.TypeReferenceNode): string | undefined {
  if (!ts.isQualifiedName(typeName) || nameOf(typeName.left) !== 'Prisma') return undefined;
  return /^(\w+?)(Unchecked)?(Create|Update|Upsert|Where|Include|Select|FindMany|FindFirst|FindUnique|Default|OrderBy)\w*$/.exec(
    typeName.right.text,
  )?.[1];
}
