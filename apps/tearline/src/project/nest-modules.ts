import { ts } from 'ts-morph';
import { type ClassDeclaration, type Declaration, isClass } from './declaration.js';
import type { NestModule, Provider } from './nest-module.js';
import { ReferenceReader } from './references.js';
import type { SourceIndex } from './source-index.js';
import { decoratorsOf, nameOf, propertyOf, walk } from './syntax.js';

/** Finds the classes with `@Module` of `@nestjs/common`, and those that only dynamic modules name, and reads their metadata. */
export function findNestModules(index: SourceIndex): NestModule[] {
  const reader = new ReferenceReader(index);
  return [...index.declarations()].filter(isClass).flatMap((declaration) => {
    const metadata = decoratorsOf(declaration.node).find(
      ({ name }) => index.packageOf(name, declaration.source)?.imported === 'Module',
    );
    if (metadata) return [readModule(declaration, metadata.args[0], index, reader)];
    // Nest takes a class without `@Module` that a dynamic module names.
    const isDynamic = dynamicModulesIn(declaration.node).some(
      (each) => nameOf(propertyOf(each, 'module')!) === declaration.name,
    );
    return isDynamic ? [readModule(declaration, undefined, index, reader)] : [];
  });
}

function readModule(
  declaration: ClassDeclaration,
  metadata: ts.Expression | undefined,
  index: SourceIndex,
  reader: ReferenceReader,
): NestModule {
  const object = metadata && ts.isIdentifier(metadata) ? variable(index.resolveEntity(metadata)) : metadata;
  const objects = [object, ...dynamicModulesIn(declaration.node)];
  const all = (name: string) =>
    objects.map((each) => propertyOf(each, name)).filter((each) => each !== undefined);
  const global =
    decoratorsOf(declaration.node).find(({ name }) => name === 'Global')?.node ??
    all('global').find(({ kind }) => kind === ts.SyntaxKind.TrueKeyword);
  return {
    name: declaration.name,
    declaration,
    imports: all('imports').flatMap((each) => reader.references(each)),
    exports: all('exports').flatMap((each) => reader.references(each)),
    providers: all('providers').flatMap((each) => readProviders(each, index, reader)),
    controllers: all('controllers').flatMap((each) => reader.references(each)),
    global,
  };
}

const variable = (declaration: Declaration | undefined) =>
  declaration?.kind === 'variable' ? (declaration.node as ts.VariableDeclaration).initializer : undefined;

/** What `forRoot` and its like return: literals with `module`, or with metadata. */
function dynamicModulesIn(node: ts.ClassDeclaration): ts.ObjectLiteralExpression[] {
  const found: ts.ObjectLiteralExpression[] = [];
  for (const member of node.members) {
    if (!isStatic(member)) continue;
    walk(member, (each) => {
      if (ts.isObjectLiteralExpression(each) && propertyOf(each, 'module')) found.push(each);
    });
  }
  return found;
}

function readProviders(list: ts.Node, index: SourceIndex, reader: ReferenceReader): Provider[] {
  return reader.read(list).flatMap((each): Provider[] => {
    if (!('kind' in each)) {
      const implementation = isClass(each.declaration) ? each.declaration : undefined;
      if (each.call || !implementation) return [];
      return [
        {
          token: implementation,
          implementation,
          inject: [],
          scope: scopeOf(implementation),
          node: each.node,
        },
      ];
    }
    const provide = propertyOf(each, 'provide');
    if (provide === undefined) return [];
    const used = propertyOf(each, 'useClass') ?? propertyOf(each, 'useExisting');
    const implementation = used && index.resolveEntity(used);
    const scope = propertyOf(each, 'scope');
    return [
      {
        token: index.resolveEntity(provide) ?? nameOf(provide) ?? provide.getText(),
        implementation: isClass(implementation) ? implementation : undefined,
        inject: reader.references(propertyOf(each, 'inject')),
        scope: scope ? nameOf(scope) : isClass(implementation) ? scopeOf(implementation) : undefined,
        node: each,
      },
    ];
  });
}

/** `REQUEST` or `TRANSIENT` of `@Injectable({ scope })` and `@Controller({ scope })`. */
export function scopeOf({ node }: ClassDeclaration): string | undefined {
  const scope = decoratorsOf(node)
    .filter(({ name }) => ['Injectable', 'Controller', 'Resolver', 'Catch'].includes(name))
    .flatMap(({ args }) => args.map((arg) => propertyOf(arg, 'scope')))
    .find((each) => each !== undefined);
  return scope && nameOf(scope);
}

const isStatic = (member: ts.ClassElement) =>
  ts.canHaveModifiers(member) &&
  member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) === true;
