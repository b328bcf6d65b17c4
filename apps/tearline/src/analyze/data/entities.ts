import { ts } from 'ts-morph';
import { type Declaration, isClass } from '../../project/declaration.js';
import type { NestProject } from '../../project/nest-project.js';
import type { SourceIndex } from '../../project/source-index.js';
import { nameOf, unwrap, walk } from '../../project/syntax.js';
import type { Entity } from './entity.js';
import { findClassEntities } from './find-entities.js';
import { type PrismaModels, readPrismaSchemas } from './prisma-schema.js';

/** All entities of an application. */
export class Entities {
  readonly all: readonly Entity[];
  readonly prisma: PrismaModels;
  readonly #byDeclaration: Map<Declaration, Entity>;
  readonly #byName: Map<string, Entity>;
  readonly #byTable: Map<string, Entity>;

  constructor({ index, application }: NestProject) {
    this.prisma = readPrismaSchemas(application.prismaSchemas);
    const classes = findClassEntities(index);
    this.all = [...classes, ...this.prisma.entities];
    this.#byDeclaration = new Map(
      classes.flatMap((each) => (each.declaration ? [[each.declaration, each]] : [])),
    );
    this.#byName = new Map(classes.map((each) => [each.name, each]));
    this.#byTable = new Map(this.all.flatMap((each) => each.tables.map((table) => [table, each])));
    this.#addMongooseNames(index);
  }

  ofDeclaration(declaration: Declaration | undefined): Entity | undefined {
    return declaration && this.#byDeclaration.get(declaration);
  }

  withName(name: string): Entity | undefined {
    return this.#byName.get(name);
  }

  ofTable(table: string): Entity | undefined {
    return this.#byTable.get(table.toLowerCase());
  }

  /** What `User`, `User.name`, `'User'` or a constant with that name refers to. */
  named(expression: ts.Node, index: SourceIndex): Entity | undefined {
    const node = unwrap(expression);
    if (ts.isStringLiteralLike(node)) return this.#byName.get(node.text);
    if (ts.isPropertyAccessExpression(node) && node.name.text === 'name')
      return this.named(node.expression, index);
    if (!ts.isIdentifier(node) && !ts.isPropertyAccessExpression(node)) return undefined;
    const declaration = index.resolveEntity(node);
    const entity = this.ofDeclaration(declaration);
    if (entity || declaration?.kind !== 'variable') return entity;
    const { initializer } = declaration.node as ts.VariableDeclaration;
    return initializer && ts.isStringLiteralLike(initializer)
      ? this.#byName.get(initializer.text)
      : undefined;
  }

  /** The entity of a schema: `new Schema(…)`, or what was made for a class. */
  ofSchema(schema: ts.Node, index: SourceIndex): Entity | undefined {
    const declaration = index.resolveEntity(schema);
    return this.ofDeclaration(declaration) ?? this.#ofSchemaFactory(declaration, index);
  }

  /** `connection.model('User', UserSchema)` and `{ name: 'User', schema: UserSchema }` name a schema. */
  #addMongooseNames(index: SourceIndex): void {
    const add = (name: ts.Node | undefined, schema: ts.Node | undefined) => {
      const entity = schema && this.ofSchema(unwrap(schema), index);
      const text = name && nameOf(ofName(unwrap(name)));
      if (entity && text) this.#byName.set(text, entity);
    };
    for (const source of index.sources) {
      if (!/\bmodel\b.*\(|schema\s*:|\bmodel\(/.test(source.text)) continue;
      walk(source, (node) => {
        if (ts.isCallExpression(node) && nameOf(node.expression) === 'model')
          add(node.arguments[0], node.arguments[1]);
        else if (ts.isObjectLiteralExpression(node)) {
          const [name, schema] = ['name', 'schema'].map((each) =>
            node.properties.find((property) => property.name && nameOf(property.name) === each),
          );
          if (name && schema && ts.isPropertyAssignment(name) && ts.isPropertyAssignment(schema))
            add(name.initializer, schema.initializer);
        }
      });
    }
  }

  /** `const UserSchema = SchemaFactory.createForClass(User)`. */
  #ofSchemaFactory(declaration: Declaration | undefined, index: SourceIndex): Entity | undefined {
    if (declaration?.kind !== 'variable') return undefined;
    const { initializer } = declaration.node as ts.VariableDeclaration;
    if (initializer === undefined || !ts.isCallExpression(initializer)) return undefined;
    const [argument] = initializer.arguments;
    const made = argument && index.resolveEntity(argument);
    return isClass(made) ? this.ofDeclaration(made) : undefined;
  }
}

/** `User` of `User.name`. */
const ofName = (node: ts.Node): ts.Node =>
  ts.isPropertyAccessExpression(node) && node.name.text === 'name' ? node.expression : node;
