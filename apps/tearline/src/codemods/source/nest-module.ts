import { dirname } from 'node:path';
import {
  type ArrayLiteralExpression,
  type ClassDeclaration,
  type Expression,
  Node,
  type ObjectLiteralExpression,
  type Project,
  type PropertyAssignment,
  SyntaxKind,
} from 'ts-morph';
import { kebabCase } from './kebab-case.js';
import { classOf, elementsOf } from './resolve-class.js';

export type MetadataKey = 'imports' | 'exports' | 'providers' | 'controllers';

/** An element of a list in the metadata of a module. */
export interface ListElement {
  readonly list: ArrayLiteralExpression;
  readonly element: Expression;
}

/** A class with `@Module()`. */
export class NestModule {
  constructor(readonly declaration: ClassDeclaration) {}

  /** Its class without `Module`, in kebab-case: `users`. */
  get name(): string {
    return kebabCase(this.className.replace(/Module$/, ''));
  }

  get className(): string {
    return this.declaration.getNameOrThrow();
  }

  get file(): string {
    return this.declaration.getSourceFile().getFilePath();
  }

  get directory(): string {
    return dirname(this.file);
  }

  get isGlobal(): boolean {
    return this.declaration.getDecorator('Global') !== undefined;
  }

  /** The argument of `@Module()`, and what its static methods return as a dynamic module. */
  metadata(): ObjectLiteralExpression[] {
    const [argument] = this.declaration.getDecorator('Module')?.getArguments() ?? [];
    const dynamic = this.declaration
      .getStaticMethods()
      .flatMap((method) => method.getDescendantsOfKind(SyntaxKind.ObjectLiteralExpression))
      .filter((object) => object.getProperty('module') !== undefined);
    return Node.isObjectLiteralExpression(argument) ? [argument, ...dynamic] : dynamic;
  }

  /** The arrays of a key, where they are written out in place. */
  arrays(key: MetadataKey): ArrayLiteralExpression[] {
    return this.#values(key).filter(Node.isArrayLiteralExpression);
  }

  elements(key: MetadataKey): Expression[] {
    return this.#values(key).flatMap(elementsOf);
  }

  classes(key: MetadataKey): ClassDeclaration[] {
    return this.elements(key).flatMap((element) => classOf(element) ?? []);
  }

  includes(key: MetadataKey, declaration: ClassDeclaration): boolean {
    return this.classes(key).includes(declaration);
  }

  /** Returns the elements of a key that name a class, where they are written out in place. */
  elementsNaming(key: MetadataKey, declaration: ClassDeclaration): ListElement[] {
    return this.arrays(key).flatMap((list) =>
      list
        .getElements()
        .filter((element) => classOf(element) === declaration)
        .map((element) => ({ list, element })),
    );
  }

  /** Removes elements. A list that is left empty goes with its property. */
  remove(elements: readonly ListElement[]): void {
    for (const { list, element } of elements) list.removeElement(element);
    for (const object of this.metadata())
      for (const { list } of elements) {
        const property = list.wasForgotten()
          ? undefined
          : list.getParentIfKind(SyntaxKind.PropertyAssignment);
        if (property?.getParent() === object && list.getElements().length === 0)
          removeProperty(object, property);
      }
  }

  add(key: MetadataKey, text: string): void {
    const [array] = this.arrays(key);
    if (array) {
      if (!array.getElements().some((element) => element.getText() === text)) array.addElement(text);
      return;
    }
    const [object] = this.metadata();
    object?.addPropertyAssignment({ name: key, initializer: `[${text}]` });
  }

  #values(key: MetadataKey): Expression[] {
    return this.metadata().flatMap((object) => {
      const property = object.getProperty(key);
      return (Node.isPropertyAssignment(property) && property.getInitializer()) || [];
    });
  }
}

/** Leaves the commas of the other properties as they are. */
function removeProperty(object: ObjectLiteralExpression, property: PropertyAssignment): void {
  const comma = property.getNextSiblingIfKind(SyntaxKind.CommaToken);
  const [text, start] = [object.getText(), object.getStart()];
  object.replaceWithText(
    text.slice(0, property.getPos() - start) + text.slice((comma ?? property).getEnd() - start),
  );
}

/** Returns the classes with `@Module()` of an application, without those in its tests. */
export function modulesOf(project: Project): NestModule[] {
  return project
    .getSourceFiles()
    .flatMap((file) => file.getClasses())
    .filter((declaration) => declaration.getName() !== undefined && declaration.getDecorator('Module'))
    .map((declaration) => new NestModule(declaration));
}
