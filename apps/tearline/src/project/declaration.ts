import type { ts } from 'ts-morph';

export type DeclarationKind = 'class' | 'enum' | 'function' | 'variable' | 'type';

/** A declaration at the top level of a file. There is one object for each, so they compare by identity. */
export interface Declaration {
  readonly name: string;
  readonly kind: DeclarationKind;
  readonly source: ts.SourceFile;
  /** For a variable, its `VariableDeclaration`. */
  readonly node: ts.Node;
}

/** A class at the top level of a file. */
export interface ClassDeclaration extends Declaration {
  readonly kind: 'class';
  readonly node: ts.ClassDeclaration;
}

export const isClass = (declaration: Declaration | undefined): declaration is ClassDeclaration =>
  declaration?.kind === 'class';
