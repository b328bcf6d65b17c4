import type { Type } from '@nestjs/common';

/** Returns a class whose guard is one of passport: the guard itself, or a controller with it. */
export function findPassportGuard(classes: Iterable<Type>): Type | undefined {
  return [...classes].find((each) => isGuard(each) || guardsOf(each).some(isGuard));
}

/** Whether the class is a strategy of `@nestjs/passport`, which registers itself when it is created. */
export function isPassportStrategy(type: unknown): type is Type {
  return has(type, 'authenticate', 'getPassportInstance');
}

function isGuard(guard: unknown): boolean {
  return has(
    typeof guard === 'object' ? guard?.constructor : guard,
    'handleRequest',
    'getAuthenticateOptions',
  );
}

/** What `@UseGuards()` was given, at a class or at its methods. */
function guardsOf({ prototype }: Type): unknown[] {
  const methods = Object.values(Object.getOwnPropertyDescriptors((prototype ?? {}) as object)).map(
    ({ value }) => value as unknown,
  );
  return methods
    .filter((each) => typeof each === 'function')
    .flatMap((each) => (Reflect.getMetadata('__guards__', each) as unknown[] | undefined) ?? []);
}

function has(type: unknown, ...methods: string[]): boolean {
  if (typeof type !== 'function') return false;
  const prototype = type.prototype as Record<string, unknown> | undefined;
  return methods.every((method) => typeof prototype?.[method] === 'function');
}
