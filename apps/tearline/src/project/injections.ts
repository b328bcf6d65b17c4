import { ts } from 'ts-morph';
import { type ClassDeclaration, isClass } from './declaration.js';
import type { Injection } from './injection.js';
import type { NestModule } from './nest-module.js';
import { type Reference, ReferenceReader } from './references.js';
import type { SourceIndex } from './source-index.js';
import { decoratorsOf, nameOf, walk } from './syntax.js';

/** Finds what Nest injects into the classes of an application. */
export function findInjections(index: SourceIndex, modules: readonly NestModule[]): Injection[] {
  const reader = new ReferenceReader(index);
  const classes = [...index.declarations()].filter(isClass);
  return [
    ...classes.flatMap((each) => injectionsOf(each, index, reader)),
    ...modules.flatMap((module) => injectionsOfFactories(module, reader)),
  ];
}

function injectionsOf(consumer: ClassDeclaration, index: SourceIndex, reader: ReferenceReader): Injection[] {
  const members = consumer.node.members;
  const parameters = members.filter(ts.isConstructorDeclaration).flatMap((each) => [...each.parameters]);
  const properties = members.filter(ts.isPropertyDeclaration);
  const isMade = decoratorsOf(consumer.node).length > 0;
  const found = [
    ...(isMade ? parameters : []),
    ...properties.filter((each) => injectDecorator(each) !== undefined),
  ].flatMap((each): Injection[] => {
    const decorator = injectDecorator(each);
    const [token] = decorator?.name === 'Inject' ? reader.references(decorator.args[0]) : [];
    const reference = token ?? referenceOfType(each.type, index);
    if (reference === undefined && decorator === undefined) return [];
    return [
      {
        consumer,
        member: ts.isIdentifier(each.name) ? each.name.text : undefined,
        node: each,
        target: reference?.declaration,
        name: reference?.name ?? decorator!.name,
        type: each.type,
        decorator,
        isForwardRef: token?.isForwardRef ?? false,
      },
    ];
  });
  return /\bmoduleRef\b/i.test(consumer.node.getText()) ? [...found, ...lookUps(consumer, reader)] : found;
}

const injectDecorator = (node: ts.Node) => decoratorsOf(node).find(({ name }) => name.startsWith('Inject'));

function referenceOfType(type: ts.TypeNode | undefined, index: SourceIndex) {
  if (type === undefined || !ts.isTypeReferenceNode(type)) return undefined;
  return { declaration: index.resolveEntity(type.typeName), name: nameOf(type.typeName)! };
}

/** `this.moduleRef.get(UsersService)`, also as `resolve` and `create`. */
function lookUps(consumer: ClassDeclaration, reader: ReferenceReader): Injection[] {
  const found: Injection[] = [];
  walk(consumer.node, (node) => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
    const { expression: object, name } = node.expression;
    if (!['get', 'resolve', 'create'].includes(name.text) || !/moduleRef$/i.test(nameOf(object) ?? ''))
      return;
    const [reference] = reader.references(node.arguments[0]);
    if (reference) found.push(fromReference(consumer, assignedTo(node), node, reference));
  });
  return found;
}

/** The member or variable that a value is kept in. */
function assignedTo(node: ts.Node): string | undefined {
  const parent = node.parent;
  if (ts.isAwaitExpression(parent)) return assignedTo(parent);
  if (ts.isBinaryExpression(parent)) return nameOf(parent.left);
  return ts.isVariableDeclaration(parent) ? nameOf(parent.name) : undefined;
}

/** `inject` of factory providers, and of options such as `JwtModule.registerAsync({ inject })`. */
function injectionsOfFactories({ declaration }: NestModule, reader: ReferenceReader): Injection[] {
  const found: Injection[] = [];
  walk(declaration.node, (node) => {
    if (!ts.isPropertyAssignment(node) || nameOf(node.name) !== 'inject') return;
    for (const reference of reader.references(node.initializer))
      found.push(fromReference(declaration, undefined, reference.node, reference));
  });
  return found;
}

const fromReference = (
  consumer: ClassDeclaration,
  member: string | undefined,
  node: ts.Node,
  { declaration: target, name, isForwardRef }: Reference,
): Injection => ({
  consumer,
  member,
  node,
  target,
  name,
  type: undefined,
  decorator: undefined,
  isForwardRef,
});
