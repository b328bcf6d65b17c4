import type { ts } from 'ts-morph';
import type { ClassDeclaration, Declaration } from './declaration.js';
import type { Reference } from './references.js';

/** A provider of a module. */
export interface Provider {
  /** The class, constant or string that others inject it by. */
  readonly token: Declaration | string;
  /** The class that is made, if there is one. */
  readonly implementation: ClassDeclaration | undefined;
  /** What a factory injects. */
  readonly inject: readonly Reference[];
  readonly scope: string | undefined;
  readonly node: ts.Node;
}

/** A class with `@Module`, and what its static methods add to it. */
export interface NestModule {
  readonly name: string;
  readonly declaration: ClassDeclaration;
  readonly imports: readonly Reference[];
  readonly exports: readonly Reference[];
  readonly providers: readonly Provider[];
  readonly controllers: readonly Reference[];
  /** The `@Global` decorator, or `global: true` of a dynamic module. */
  readonly global: ts.Node | undefined;
}
