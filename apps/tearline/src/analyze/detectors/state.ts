import { ts } from 'ts-morph';
import { nameOf, unwrap, walk } from '../../project/syntax.js';
import type { AnalysisContext } from '../context.js';
import type { Observation } from '../finding.js';

const MUTATES = /^(set|add|delete|clear|push|pop|shift|unshift|splice|sort|fill|append)$/;
const HOLDERS = new Set([
  'Map',
  'Set',
  'WeakMap',
  'WeakSet',
  'Array',
  'LRUCache',
  'NodeCache',
  'Subject',
  'BehaviorSubject',
]);

/** Variables at the top level of a file, and static members, that functions change. */
export function* states({ nest }: AnalysisContext): Iterable<Observation> {
  const { index, ownership } = nest;
  const importers = importersByFile(nest);
  for (const source of index.sources) {
    const module = ownership.ofNode(source);
    const candidates = candidatesIn(source);
    if (candidates.size === 0) continue;
    const changed = changedIn(source, candidates);
    // Code that others import, or that belongs to none, shares its state between modules while they share a process.
    const others = [...(importers.get(source.fileName) ?? [])].filter((each) => each !== module);
    const isShared = others.length > 0 || module === undefined;
    for (const name of changed)
      yield {
        kind: 'state',
        severity: isShared ? 'medium' : 'low',
        module,
        at: candidates.get(name)!,
        subject: name,
        why: isShared
          ? `${name} changes at run time and is shared by what imports this file; each process would have its own`
          : `${name} changes at run time; each process of the module would have its own`,
      };
  }
}

function importersByFile({ index, ownership }: AnalysisContext['nest']) {
  const importers = new Map<string, Set<unknown>>();
  for (const source of index.sources) {
    const module = ownership.ofNode(source);
    for (const name of index.importsOf(source).keys()) {
      const file = index.resolve(name, source)?.source.fileName;
      if (file) importers.set(file, (importers.get(file) ?? new Set()).add(module));
    }
  }
  return importers;
}

/** `let x`, `const x = new Map()`, `[]`, `{}`, and static members `Class.x`. */
function candidatesIn(source: ts.SourceFile): Map<string, ts.Node> {
  const found = new Map<string, ts.Node>();
  for (const statement of source.statements) {
    if (ts.isVariableStatement(statement)) {
      const isLet = (statement.declarationList.flags & ts.NodeFlags.Const) === 0;
      for (const each of statement.declarationList.declarations)
        if (ts.isIdentifier(each.name) && (isLet || holds(each.initializer))) found.set(each.name.text, each);
    } else if (ts.isClassDeclaration(statement) && statement.name)
      for (const member of statement.members)
        if (ts.isPropertyDeclaration(member) && hasModifier(member, ts.SyntaxKind.StaticKeyword))
          found.set(`${statement.name.text}.${nameOf(member.name)}`, member);
  }
  return found;
}

const hasModifier = (node: ts.PropertyDeclaration, kind: ts.SyntaxKind) =>
  node.modifiers?.some((each) => each.kind === kind) ?? false;

function holds(initializer: ts.Expression | undefined): boolean {
  if (initializer === undefined) return false;
  const node = unwrap(initializer);
  if (ts.isArrayLiteralExpression(node) || ts.isObjectLiteralExpression(node)) return true;
  return ts.isNewExpression(node) && HOLDERS.has(nameOf(node.expression) ?? '');
}

/** Names that something in a function assigns, changes a property of, or calls a changing method of. */
function changedIn(source: ts.SourceFile, candidates: Map<string, ts.Node>): Set<string> {
  const changed = new Set<string>();
  const visit = (node: ts.Node, inFunction: boolean, inClass: string | undefined) => {
    if (inFunction) {
      const target = changedBy(node);
      const name = target && nameFor(target, inClass, candidates);
      if (target && name && !isShadowed(target, name)) changed.add(name);
    }
    const named = ts.isClassDeclaration(node) ? node.name?.text : inClass;
    ts.forEachChild(node, (child) => visit(child, inFunction || ts.isFunctionLike(node), named));
  };
  visit(source, false, undefined);
  return changed;
}

function changedBy(node: ts.Node): ts.Node | undefined {
  if (ts.isBinaryExpression(node)) {
    const { kind } = node.operatorToken;
    return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment
      ? node.left
      : undefined;
  }
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
    const { operator } = node;
    return operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken
      ? node.operand
      : undefined;
  }
  if (ts.isDeleteExpression(node)) return node.expression;
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression))
    return MUTATES.test(node.expression.name.text) ? node.expression.expression : undefined;
  return undefined;
}

/** The candidate that an expression starts with: `cache` of `cache[key].hits`, `Class.x` also as `this.x` in a static method. */
function nameFor(
  node: ts.Node,
  inClass: string | undefined,
  candidates: Map<string, ts.Node>,
): string | undefined {
  for (let each = unwrap(node); ; each = unwrap((each as ts.PropertyAccessExpression).expression)) {
    if (ts.isIdentifier(each)) return candidates.has(each.text) ? each.text : undefined;
    if (ts.isPropertyAccessExpression(each)) {
      const of = each.expression;
      const owner = ts.isIdentifier(of)
        ? of.text
        : of.kind === ts.SyntaxKind.ThisKeyword
          ? inClass
          : undefined;
      const name = `${owner}.${each.name.text}`;
      if (candidates.has(name)) return name;
    } else if (!ts.isElementAccessExpression(each)) return undefined;
  }
}

/** Whether a parameter or variable of an enclosing function has the name. */
function isShadowed(node: ts.Node, name: string): boolean {
  const scope = ts.findAncestor(node, ts.isFunctionLike);
  return scope !== undefined && (declares(scope, name) || isShadowed(scope.parent, name));
}

function declares(scope: ts.Node, name: string): boolean {
  let found = false;
  walk(scope, (each) => {
    if ((ts.isParameter(each) || ts.isVariableDeclaration(each)) && nameOf(each.name) === name) found = true;
  });
  return found;
}
