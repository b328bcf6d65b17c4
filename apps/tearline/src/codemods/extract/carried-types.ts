import { type ClassDeclaration, type MethodDeclaration, Node, type Type } from 'ts-morph';

/** Types of values that belong to one process. */
const BOUND_TO_A_PROCESS = new Set([
  'Observable',
  'Subject',
  'BehaviorSubject',
  'EntityManager',
  'QueryRunner',
  'ClientSession',
  'TransactionClient',
  'Transaction',
  'Request',
  'Response',
  'ExecutionContext',
  'ArgumentsHost',
  'Readable',
  'Writable',
  'Duplex',
  'ReadableStream',
  'WritableStream',
  'Socket',
  'AsyncIterable',
  'AsyncIterator',
  'AsyncIterableIterator',
  'AsyncGenerator',
  'Generator',
  'PubSubAsyncIterator',
]);
const MAX_DEPTH = 4;

export interface CarriedTypes {
  /** A type among the arguments or results that cannot leave its process, as `argument 'manager' is an EntityManager`. */
  readonly unfit: readonly string[];
  /** Classes whose instances lose their methods, or their rules of serialisation, on the way. */
  readonly classes: readonly ClassDeclaration[];
  /** Whether the method gives a promise. */
  readonly isAsync: boolean;
  readonly isGeneric: boolean;
}

/** Tells what the arguments and the result of a method mean for a call over the seam. */
export function carriedTypesOf(method: MethodDeclaration): CarriedTypes {
  const result = method.getReturnType();
  const unfit = [
    ...method.getParameters().flatMap((parameter) => {
      const name = unfitIn(parameter.getType());
      return name ? `argument '${parameter.getName()}' is a ${name}` : [];
    }),
    ...[unfitIn(awaited(result))].flatMap((name) => (name ? `the result is a ${name}` : [])),
  ];
  const classes = new Set<ClassDeclaration>();
  collectClasses(awaited(result), losesRules, classes, MAX_DEPTH, new Set());
  for (const parameter of method.getParameters())
    collectClasses(parameter.getType(), hasMethods, classes, 1, new Set());
  return {
    unfit,
    classes: [...classes],
    isAsync: method.isAsync() || isPromise(result),
    isGeneric: method.getTypeParameters().length > 0,
  };
}

const nameOf = (type: Type) => (type.getSymbol() ?? type.getAliasSymbol())?.getName() ?? '';
const isPromise = (type: Type): boolean =>
  /^Promise(Like)?$/.test(nameOf(type)) || (type.isUnion() && type.getUnionTypes().every(isPromise));

function awaited(type: Type): Type {
  return isPromise(type) && !type.isUnion() ? (type.getTypeArguments()[0] ?? type) : type;
}

function unfitIn(type: Type): string | undefined {
  if (type.isUnion()) return type.getUnionTypes().map(unfitIn).find(Boolean);
  if (type.isArray()) return unfitIn(type.getArrayElementTypeOrThrow());
  if (type.getCallSignatures().length > 0) return 'function';
  const name = nameOf(type);
  return BOUND_TO_A_PROCESS.has(name) ? name : undefined;
}

function collectClasses(
  type: Type,
  loses: (declaration: ClassDeclaration) => boolean,
  found: Set<ClassDeclaration>,
  depth: number,
  seen: Set<Type>,
): void {
  if (depth === 0 || seen.has(type)) return;
  seen.add(type);
  const next = (inner: Type) => collectClasses(inner, loses, found, depth, seen);
  if (type.isUnion()) return type.getUnionTypes().forEach(next);
  if (type.isIntersection()) return type.getIntersectionTypes().forEach(next);
  if (type.isArray()) return next(type.getArrayElementTypeOrThrow());
  if (type.isTuple()) return type.getTupleElements().forEach(next);
  const declaration = type
    .getSymbol()
    ?.getDeclarations()
    .find((each) => Node.isClassDeclaration(each));
  const isOfLibrary = (type.getSymbol()?.getDeclarations() ?? []).some((each) =>
    each.getSourceFile().isInNodeModules(),
  );
  if (isOfLibrary || !type.isObject()) {
    type.getTypeArguments().forEach(next);
    return;
  }
  if (declaration && isUsable(declaration) && loses(declaration)) found.add(declaration);
  for (const property of type.getProperties()) {
    const at = property.getValueDeclaration() ?? property.getDeclarations()[0];
    if (at && !Node.isMethodDeclaration(at))
      collectClasses(property.getTypeAtLocation(at), loses, found, depth - 1, seen);
  }
}

const RULES = new Set(['Exclude', 'Expose', 'Transform', 'Type']);

/** Whether a contract can name the class. */
const isUsable = (declaration: ClassDeclaration): boolean =>
  !declaration.isAbstract() && declaration.getName() !== undefined && declaration.isExported();

function hasMethods(declaration: ClassDeclaration): boolean {
  const base = declaration.getBaseClass();
  return (
    declaration.getInstanceMethods().length > 0 ||
    declaration.getGetAccessors().length > 0 ||
    (base !== undefined && hasMethods(base))
  );
}

/** Whether an instance that arrives as a plain object behaves differently, or is serialised differently in a response. */
function losesRules(declaration: ClassDeclaration): boolean {
  const base = declaration.getBaseClass();
  const decorators = [declaration, ...declaration.getInstanceProperties()].flatMap((each) =>
    each.getDecorators(),
  );
  return (
    hasMethods(declaration) ||
    decorators.some((decorator) => RULES.has(decorator.getName())) ||
    (base !== undefined && losesRules(base))
  );
}
