import { ts } from 'ts-morph';
import { type ClassDeclaration, isClass } from '../../project/declaration.js';
import type { SourceIndex } from '../../project/source-index.js';
import { decoratorsOf, nameOf, propertyOf, returnedBy, unwrap, walk } from '../../project/syntax.js';
import type { Entities } from './entities.js';
import type { Entity } from './entity.js';

const RELATIONS = new Set([
  'ManyToOne',
  'OneToMany',
  'OneToOne',
  'ManyToMany',
  'BelongsTo',
  'HasMany',
  'HasOne',
  'BelongsToMany',
  'ForeignKey',
  'Prop',
]);

/** Adds to entities that are classes and schemas what they refer to. */
export function addRelations(entities: Entities, index: SourceIndex): void {
  for (const entity of entities.all) {
    if (isClass(entity.declaration)) addFromClass(entity, entity.declaration, entities, index);
    else if (entity.declaration) addFromSchema(entity, entity.declaration.node, entities, index);
  }
  addVirtuals(entities, index);
}

/** `UserSchema.virtual('posts', { ref: 'Post', … })`. */
function addVirtuals(entities: Entities, index: SourceIndex): void {
  for (const source of index.sources) {
    if (!source.text.includes('.virtual(')) continue;
    walk(source, (node) => {
      if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
      if (node.expression.name.text !== 'virtual') return;
      const entity = entities.ofSchema(node.expression.expression, index);
      const [name, options] = node.arguments;
      const target = options && targetIn(options, entities, index);
      if (entity && target && name && ts.isStringLiteralLike(name))
        entity.relations.push({ name: name.text, target, at: node, isInverse: false });
    });
  }
}

function addFromClass(entity: Entity, { node }: ClassDeclaration, entities: Entities, index: SourceIndex) {
  for (const member of node.members) {
    if (!ts.isPropertyDeclaration(member)) continue;
    for (const decorator of decoratorsOf(member)) {
      if (!RELATIONS.has(decorator.name)) continue;
      const target =
        decorator.args.map((arg) => targetIn(arg, entities, index)).find((each) => each !== undefined) ??
        (decorator.name === 'Prop' ? undefined : targetOfProperty(member, entities, index));
      const name = nameOf(member.name);
      if (target && name) entity.relations.push({ name, target, at: member, isInverse: false });
    }
  }
}

/** `() => User`, `'User'`, `{ entity: () => User }`, `{ type: …, ref: 'User' }`, `[{ ref: User.name }]`. */
function targetIn(arg: ts.Node, entities: Entities, index: SourceIndex): Entity | undefined {
  const node = unwrap(arg);
  const returned = returnedBy(node);
  if (returned) return targetIn(returned, entities, index);
  if (ts.isArrayLiteralExpression(node))
    return node.elements.map((each) => targetIn(each, entities, index)).find(Boolean);
  if (ts.isObjectLiteralExpression(node))
    return ['entity', 'ref', 'target', 'type']
      .map((name) => propertyOf(node, name))
      .map((each) => each && targetIn(each, entities, index))
      .find(Boolean);
  return entities.named(node, index);
}

/** `author: Ref<User>`, `items: Item[]`, `articles = new Collection<Article>(this)`. */
function targetOfProperty(
  { type, initializer }: ts.PropertyDeclaration,
  entities: Entities,
  index: SourceIndex,
) {
  let found: Entity | undefined;
  const look = (node: ts.Node) =>
    walk(node, (each) => {
      if (ts.isTypeReferenceNode(each)) found ??= entities.ofDeclaration(index.resolveEntity(each.typeName));
    });
  if (type) look(type);
  if (!found && initializer && ts.isNewExpression(initializer)) initializer.typeArguments?.forEach(look);
  return found;
}

/** `new Schema({ author: { type: ObjectId, ref: 'User' } })`. */
function addFromSchema(entity: Entity, schema: ts.Node, entities: Entities, index: SourceIndex) {
  walk(schema, (node) => {
    if (!ts.isPropertyAssignment(node)) return;
    const value = unwrap(node.initializer);
    const object = ts.isArrayLiteralExpression(value) && value.elements[0] ? value.elements[0] : value;
    const ref = propertyOf(object, 'ref') ?? propertyOf(object, 'target');
    const target = ref && targetIn(ref, entities, index);
    const name = nameOf(node.name);
    if (target && name) entity.relations.push({ name, target, at: node, isInverse: false });
  });
}
