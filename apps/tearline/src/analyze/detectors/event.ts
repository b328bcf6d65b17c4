import { ts } from 'ts-morph';
import { type ClassDeclaration, isClass } from '../../project/declaration.js';
import { decoratorsOf, nameOf, unwrap, walk } from '../../project/syntax.js';
import type { AnalysisContext } from '../context.js';
import type { Observation } from '../finding.js';
import { eventName, matches } from './event-names.js';

const CQRS_HANDLERS = new Set(['EventsHandler', 'CommandHandler', 'QueryHandler']);
const BUSES = new Set([
  'PubSub',
  'EventEmitter',
  'EventEmitter2',
  'Subject',
  'ReplaySubject',
  'BehaviorSubject',
]);

interface Handler {
  readonly name: string;
  readonly module: Observation['module'];
  readonly where: string;
}

/** Events and messages in the process, emitted in one module and handled in another; buses that several modules use. */
export function* events(context: AnalysisContext): Iterable<Observation> {
  const { nest } = context;
  const handlers: Handler[] = [];
  const emitted: { readonly name: string; readonly module: Observation['module']; readonly node: ts.Node }[] =
    [];
  for (const declaration of nest.index.declarations()) {
    if (!isClass(declaration)) continue;
    const module = nest.ownership.ofDeclaration(declaration);
    handlers.push(...handlersOf(declaration, module, context));
    walk(declaration.node, (node) => {
      const name = emittedBy(node, context);
      if (name !== undefined) emitted.push({ name, module, node });
    });
  }
  for (const { name, module, node } of emitted)
    for (const handler of handlers) {
      if (!matches(name, handler.name) || handler.module === undefined || handler.module === module) continue;
      yield {
        kind: 'event',
        severity: 'medium',
        module,
        other: handler.module,
        at: node,
        subject: name,
        why: `${name} is handled by ${handler.where} of ${handler.module.name} in the same process, and is lost between two`,
      };
    }
  yield* buses(context);
}

function handlersOf(
  { node, name, source }: ClassDeclaration,
  module: Observation['module'],
  { nest }: AnalysisContext,
): Handler[] {
  const found: Handler[] = [];
  for (const decorator of decoratorsOf(node))
    if (CQRS_HANDLERS.has(decorator.name) && nest.index.packageOf(decorator.name, source))
      for (const arg of decorator.args) found.push({ name: nameOf(arg) ?? '', module, where: name });
  for (const member of node.members)
    for (const { name: decorator, args } of decoratorsOf(member)) {
      if (decorator !== 'OnEvent') continue;
      const [first] = args;
      const list = first && ts.isArrayLiteralExpression(first) ? first.elements : args.slice(0, 1);
      for (const each of list) {
        const handled = eventName(each, nest.index);
        if (handled !== undefined)
          found.push({ name: handled, module, where: `${name}.${member.name ? nameOf(member.name) : ''}` });
      }
    }
  return found;
}

/** `emitter.emit('name')`, `eventBus.publish(new Event())`, `commandBus.execute(new Command())`. */
function emittedBy(node: ts.Node, { nest }: AnalysisContext): string | undefined {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const method = node.expression.name.text;
  const [first] = node.arguments;
  if (first === undefined) return undefined;
  if (method === 'emit' || method === 'emitAsync') return eventName(first, nest.index);
  if (method !== 'publish' && method !== 'execute' && method !== 'apply') return undefined;
  const message = unwrap(first);
  if (ts.isNewExpression(message)) return nameOf(message.expression);
  if (!ts.isIdentifier(message)) return undefined;
  let made: string | undefined;
  const scope = ts.findAncestor(node, ts.isFunctionLike);
  if (scope)
    walk(scope, (each) => {
      if (ts.isVariableDeclaration(each) && nameOf(each.name) === message.text && each.initializer) {
        const value = unwrap(each.initializer);
        if (ts.isNewExpression(value)) made = nameOf(value.expression);
      }
    });
  return made;
}

/** A provider that other modules inject, around an emitter in memory. */
function* buses({ nest, services }: AnalysisContext): Iterable<Observation> {
  const users = new Map<ClassDeclaration, Set<unknown>>();
  for (const { service, module, owner } of services)
    if (service && owner !== module) users.set(service, (users.get(service) ?? new Set()).add(module));
  for (const [service, modules] of users) {
    const found: ts.NewExpression[] = [];
    for (const member of service.node.members)
      if (!ts.isConstructorDeclaration(member) || member.body)
        walk(member, (node) => {
          if (!ts.isNewExpression(node) || !ts.isIdentifier(node.expression)) return;
          const from = nest.index.packageOf(node.expression.text, service.source)?.imported;
          const isKept = ts.isPropertyDeclaration(node.parent) || ts.isBinaryExpression(node.parent);
          if (from && BUSES.has(from) && isKept) found.push(node);
        });
    const module = nest.ownership.ofDeclaration(service);
    for (const node of found)
      yield {
        kind: 'event',
        severity: 'medium',
        module,
        at: node,
        subject: nest.index.packageOf(nameOf(node.expression)!, service.source)!.imported,
        why: `${service.name} keeps an emitter in memory that ${modules.size} other modules use; its events stay in one process`,
      };
  }
}
