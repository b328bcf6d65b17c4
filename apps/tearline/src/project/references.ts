import { ts } from 'ts-morph';
import type { Declaration } from './declaration.js';
import type { SourceIndex } from './source-index.js';
import { nameOf, propertyOf, returnedBy, unwrap } from './syntax.js';

/** A place in an array of Nest metadata that names a class, a token or a call that makes a dynamic module. */
export interface Reference {
  /** Undefined when it comes from a package. */
  readonly declaration: Declaration | undefined;
  readonly name: string;
  readonly node: ts.Node;
  readonly isForwardRef: boolean;
  /** `X.forRoot(…)`: the call. */
  readonly call?: ts.CallExpression;
}

/** A provider that is written as an object. */
export type ProviderObject = ts.ObjectLiteralExpression;

/**
 * Reads an expression of metadata as the references that it may evaluate to: through variables of any file, spreads, both
 * branches of conditions, `forwardRef`, and calls such as `.filter(Boolean)`.
 */
export class ReferenceReader {
  readonly #index: SourceIndex;

  constructor(index: SourceIndex) {
    this.#index = index;
  }

  /** The elements of an array, as references and object literals. */
  read(expression: ts.Node | undefined): (Reference | ProviderObject)[] {
    return expression === undefined ? [] : this.#read(expression, false, new Set());
  }

  references(expression: ts.Node | undefined): Reference[] {
    return this.read(expression).filter((each) => !('kind' in each)) as Reference[];
  }

  #read(expression: ts.Node, isForwardRef: boolean, seen: Set<ts.Node>): (Reference | ProviderObject)[] {
    const node = unwrap(expression);
    if (seen.has(node)) return [];
    seen.add(node);
    const read = (each: ts.Node | undefined) =>
      each === undefined ? [] : this.#read(each, isForwardRef, seen);
    if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap(read);
    if (ts.isSpreadElement(node)) return read(node.expression);
    if (ts.isConditionalExpression(node)) return [...read(node.whenTrue), ...read(node.whenFalse)];
    if (ts.isBinaryExpression(node)) return [...read(node.left), ...read(node.right)];
    if (ts.isObjectLiteralExpression(node)) {
      const module = propertyOf(node, 'module');
      return module === undefined ? [node] : read(module);
    }
    if (ts.isIdentifier(node) || ts.isPropertyAccessExpression(node))
      return this.#name(node, isForwardRef, seen);
    if (ts.isCallExpression(node)) return this.#call(node, isForwardRef, seen);
    return ts.isStringLiteralLike(node)
      ? [{ declaration: undefined, name: node.text, node, isForwardRef }]
      : [];
  }

  #name(node: ts.Identifier | ts.PropertyAccessExpression, isForwardRef: boolean, seen: Set<ts.Node>) {
    const declaration = this.#index.resolveEntity(node);
    if (declaration?.kind === 'variable') {
      const { initializer } = declaration.node as ts.VariableDeclaration;
      const value = initializer && unwrap(initializer);
      const isList = value && (ts.isArrayLiteralExpression(value) || ts.isObjectLiteralExpression(value));
      if (isList || (value && (ts.isConditionalExpression(value) || ts.isCallExpression(value)))) {
        const inside = this.#read(value, isForwardRef, seen);
        if (inside.length > 0) return inside;
      }
    }
    return [{ declaration, name: nameOf(node) ?? node.getText(), node, isForwardRef }];
  }

  #call(node: ts.CallExpression, isForwardRef: boolean, seen: Set<ts.Node>): (Reference | ProviderObject)[] {
    const { expression: called, arguments: args } = node;
    if (ts.isIdentifier(called)) {
      const returned = args[0] && returnedBy(args[0]);
      if (called.text === 'forwardRef' && returned) return this.#read(returned, true, seen);
      return [];
    }
    if (!ts.isPropertyAccessExpression(called)) return [];
    const object = unwrap(called.expression);
    if (ts.isArrayLiteralExpression(object) || ['filter', 'concat', 'flat', 'map'].includes(called.name.text))
      return [object, ...args].flatMap((each) => this.#read(each, isForwardRef, seen));
    const name = nameOf(object);
    if (name === undefined) return [];
    return [{ declaration: this.#index.resolveEntity(object), name, node, isForwardRef, call: node }];
  }
}
