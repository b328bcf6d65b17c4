import { ts } from 'ts-morph';
import { type ClassDeclaration, type Declaration, isClass } from '../../project/declaration.js';
import type { SourceIndex } from '../../project/source-index.js';
import { decoratorsOf, nameOf, propertyOf } from '../../project/syntax.js';
import type { Entity, Orm } from './entity.js';

const DECORATORS: Record<string, Orm> = {
  Entity: 'typeorm',
  ViewEntity: 'typeorm',
  ChildEntity: 'typeorm',
  Schema: 'mongoose',
  Table: 'sequelize',
};

/** Finds entities that are classes with a decorator, `new Schema(…)`, `new EntitySchema(…)`, or `class … extends Model`. */
export function findClassEntities(index: SourceIndex): Entity[] {
  return [...index.declarations()].flatMap((declaration) => {
    const entity = isClass(declaration) ? fromClass(declaration, index) : fromVariable(declaration, index);
    return entity === undefined ? [] : [entity];
  });
}

function fromClass(declaration: ClassDeclaration, index: SourceIndex): Entity | undefined {
  const { node, name, source } = declaration;
  for (const decorator of decoratorsOf(node)) {
    const from = index.packageOf(decorator.name, source);
    let orm = from && DECORATORS[from.imported];
    if (orm === undefined || !/typeorm|mikro-orm|mongoose|sequelize|typegoose/.test(from!.specifier))
      continue;
    if (from!.specifier.includes('mikro-orm')) orm = 'mikro-orm';
    return entityOf(name, orm, declaration, tablesIn(decorator.args, name));
  }
  return undefined;
}

function fromVariable(declaration: Declaration, index: SourceIndex): Entity | undefined {
  if (declaration.kind !== 'variable') return undefined;
  const { initializer } = declaration.node as ts.VariableDeclaration;
  if (initializer === undefined || !ts.isNewExpression(initializer)) return undefined;
  const made = nameOf(initializer.expression);
  const root = ts.isPropertyAccessExpression(initializer.expression)
    ? nameOf(initializer.expression.expression)
    : made;
  const specifier = root && index.packageOf(root, declaration.source)?.specifier;
  if (made === 'Schema' && specifier === 'mongoose')
    return entityOf(declaration.name.replace(/Schema$/i, ''), 'mongoose', declaration, []);
  if (made !== 'EntitySchema' || specifier === undefined) return undefined;
  const named = propertyOf(initializer.arguments?.[0], 'name');
  return entityOf((named && nameOf(named)) ?? declaration.name, 'typeorm', declaration, []);
}

const entityOf = (name: string, orm: Orm, declaration: Declaration, tables: string[]): Entity => ({
  name,
  orm,
  declaration,
  tables: tables.length > 0 ? tables : defaultTables(name),
  relations: [],
});

function tablesIn(args: readonly ts.Expression[], name: string): string[] {
  const [first] = args;
  if (first === undefined) return defaultTables(name);
  if (ts.isStringLiteralLike(first)) return [first.text.toLowerCase()];
  const named = ['name', 'tableName', 'collection'].map((each) => propertyOf(first, each)).find(Boolean);
  return named && ts.isStringLiteralLike(named) ? [named.text.toLowerCase()] : defaultTables(name);
}

/** `OrderItemEntity` may be stored in order_item, order_items, orderitem or orderitems. */
function defaultTables(name: string): string[] {
  const bare = name.replace(/(Entity|Schema|Model|SchemaClass)$/, '') || name;
  const snake = bare.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').toLowerCase();
  return [
    ...new Set(
      [snake, snake.replaceAll('_', ''), name.toLowerCase()].flatMap((each) => [each, plural(each)]),
    ),
  ];
}

const plural = (word: string) =>
  /[^aeiou]y$/.test(word) ? word.replace(/y$/, 'ies') : /(s|x|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
