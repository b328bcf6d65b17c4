import { ts } from 'ts-morph';
import type { SourceIndex } from '../../project/source-index.js';
import { nameOf, propertyOf, unwrap } from '../../project/syntax.js';

/** The text of an event's name: a literal, a constant, a member of an enum or of a constant object; `*` for what varies. */
export function eventName(expression: ts.Node | undefined, index: SourceIndex): string | undefined {
  if (expression === undefined) return undefined;
  const node = unwrap(expression);
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map(({ literal }) => `*${literal.text}`).join('');
  if (ts.isIdentifier(node)) {
    const declaration = index.resolve(node.text, node.getSourceFile());
    return declaration?.kind === 'variable'
      ? eventName((declaration.node as ts.VariableDeclaration).initializer, index)
      : undefined;
  }
  if (!ts.isPropertyAccessExpression(node)) return undefined;
  const of = index.resolveEntity(node.expression);
  if (of?.kind === 'enum') {
    const member = (of.node as ts.EnumDeclaration).members.find(
      ({ name }) => nameOf(name) === node.name.text,
    );
    return member?.initializer ? eventName(member.initializer, index) : `${of.name}.${node.name.text}`;
  }
  if (of?.kind === 'variable') {
    const { initializer } = of.node as ts.VariableDeclaration;
    return eventName(propertyOf(initializer && unwrap(initializer), node.name.text), index);
  }
  if (of?.kind === 'class') {
    const member = (of.node as ts.ClassDeclaration).members.find(
      (each): each is ts.PropertyDeclaration =>
        ts.isPropertyDeclaration(each) && nameOf(each.name) === node.name.text,
    );
    return eventName(member?.initializer, index);
  }
  return undefined;
}

/** Whether an emitted name reaches a handler's, both possibly with wildcards (`order.*`, `order.**`). */
export function matches(emitted: string, handled: string): boolean {
  if (emitted === handled) return true;
  if (!emitted.includes('*') && !handled.includes('*')) return false;
  const pattern = (text: string) =>
    new RegExp(`^${text.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(/\*+/g, '.+')}$`);
  return pattern(handled).test(emitted) || pattern(emitted).test(handled);
}
