import type { Type } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { AuthenticationGuard } from '@tearline/auth';

/** Returns whether one of the classes is a controller with a route that `@Authenticated()` or its optional form marks. */
export function hasAuthenticatedRoutes(classes: readonly Type[]): boolean {
  return classes.some((each) => {
    const methods = Object.values(Object.getOwnPropertyDescriptors(each.prototype)).map(
      ({ value }) => value as unknown,
    );
    return [each, ...methods].some((target) => typeof target === 'function' && guardsOf(target).some(isOurs));
  });
}

const guardsOf = (target: object) => (Reflect.getMetadata(GUARDS_METADATA, target) ?? []) as unknown[];

const isOurs = (guard: unknown) =>
  typeof guard === 'function' &&
  (guard === AuthenticationGuard || guard.prototype instanceof AuthenticationGuard);
