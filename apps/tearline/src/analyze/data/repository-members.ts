import { ts } from 'ts-morph';
import { type ClassDeclaration, type Declaration, isClass } from '../../project/declaration.js';
import type { Injection } from '../../project/injection.js';
import type { NestProject } from '../../project/nest-project.js';
import { nameOf, walk } from '../../project/syntax.js';
import type { Entities } from './entities.js';
import type { Entity } from './entity.js';

const REPOSITORY = /Repository$|^Model$|^ModelType$|^ReturnModelType$|^PaginateModel$|^SoftDeleteModel$/;

/** Which injected members are repositories or models, and of which entity. */
export class RepositoryMembers {
  readonly #nest: NestProject;
  readonly #entities: Entities;
  readonly #byToken: Map<Declaration | string, Entity>;

  constructor(nest: NestProject, entities: Entities) {
    this.#nest = nest;
    this.#entities = entities;
    this.#byToken = this.#tokens();
  }

  /** The entity whose repository is injected: by decorator, by type, by custom repository, or by a factory's token. */
  entityOf({ decorator, type, target, consumer, name }: Injection): Entity | undefined {
    const { index } = this.#nest;
    const [argument] = decorator?.args ?? [];
    if (decorator && /^InjectRepository|^InjectModel/.test(decorator.name) && argument)
      return this.#entities.named(argument, index) ?? this.#customRepository(index.resolveEntity(argument));
    if (decorator?.name === 'Inject') {
      const byToken = this.#byToken.get(target ?? name);
      if (byToken) return byToken;
    }
    return this.ofType(type) ?? (target && target !== consumer ? this.#customRepository(target) : undefined);
  }

  /** `User` of `Repository<User>`. */
  ofType(type: ts.Node | undefined): Entity | undefined {
    if (type === undefined || !ts.isTypeReferenceNode(type) || !REPOSITORY.test(nameOf(type.typeName) ?? ''))
      return undefined;
    let found: Entity | undefined;
    for (const argument of type.typeArguments ?? [])
      walk(argument, (node) => {
        if (!ts.isTypeReferenceNode(node) && !ts.isTypeQueryNode(node)) return;
        const named = ts.isTypeQueryNode(node) ? node.exprName : node.typeName;
        const declaration = this.#nest.index.resolveEntity(named);
        // A schema without a class has an interface with the name of its model.
        found ??=
          this.#entities.ofDeclaration(declaration) ??
          (declaration?.kind === 'type' ? this.#entities.withName(declaration.name) : undefined);
      });
    return found;
  }

  /** `class UserRepository extends EntityRepository<User>`. */
  #customRepository(declaration: Declaration | undefined): Entity | undefined {
    return isClass(declaration) ? this.#extended(declaration) : undefined;
  }

  #extended({ node }: ClassDeclaration): Entity | undefined {
    const heritage = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)
      ?.types[0];
    if (heritage === undefined || !REPOSITORY.test(nameOf(heritage.expression) ?? '')) return undefined;
    for (const argument of heritage.typeArguments ?? [])
      if (ts.isTypeReferenceNode(argument)) {
        const entity = this.#entities.ofDeclaration(this.#nest.index.resolveEntity(argument.typeName));
        if (entity) return entity;
      }
    return undefined;
  }

  /** The entity of `source.getRepository(User)` or `connection.model('User', …)`, also in functions that are called. */
  #madeIn(node: ts.Node, seen: Set<ts.Node>): Entity | undefined {
    if (seen.has(node)) return undefined;
    seen.add(node);
    const { index } = this.#nest;
    let found: Entity | undefined;
    walk(node, (each) => {
      if (found || !ts.isCallExpression(each)) return;
      if (/^(getRepository|getTreeRepository|model|getModel)$/.test(nameOf(each.expression) ?? ''))
        found = each.arguments.map((argument) => this.#entities.named(argument, index)).find(Boolean);
      const called = index.resolveEntity(each.expression);
      if (called?.kind === 'function' || called?.kind === 'variable')
        found ??= this.#madeIn(called.node, seen);
    });
    return found;
  }

  /** `{ provide: USERS, useFactory: (source) => source.getRepository(User) }`. */
  #tokens(): Map<Declaration | string, Entity> {
    const tokens = new Map<Declaration | string, Entity>();
    for (const { providers } of this.#nest.nestModules)
      for (const { token, node } of providers) {
        if (!ts.isObjectLiteralExpression(node)) continue;
        const made = this.#madeIn(node, new Set());
        if (made) tokens.set(token, made);
        // `{ provide: USERS, useValue: User }`, as Sequelize's documentation has it.
        const value = node.properties.find((each) => each.name && nameOf(each.name) === 'useValue');
        const entity =
          value && ts.isPropertyAssignment(value)
            ? this.#entities.named(value.initializer, this.#nest.index)
            : undefined;
        if (entity) tokens.set(token, entity);
      }
    return tokens;
  }
}
