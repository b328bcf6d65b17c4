import 'reflect-metadata';
import type { DynamicModule, FactoryProvider, Provider, Type } from '@nestjs/common';
import {
  MODULE_METADATA,
  PROPERTY_DEPS_METADATA,
  SELF_DECLARED_DEPS_METADATA,
} from '@nestjs/common/constants.js';

type Imported = Type | DynamicModule;

/** What a Nest module declares, with all that it imports; read without starting anything. */
export interface NestMetadata {
  /** Its classes: controllers, and providers that are classes. */
  readonly classes: readonly Type[];
  /** Tokens that its classes and factories inject, with the name of the class. */
  readonly injected: readonly { readonly token: unknown; readonly by: string }[];
  /** Tokens that it provides other than by a class. */
  readonly provided: readonly unknown[];
}

/** Reads what a module class declares to Nest. */
export function nestMetadata(type: Type): NestMetadata {
  const parts = partsOf(type);
  const providers = parts.flatMap((part) => listOf<Provider>(part, MODULE_METADATA.PROVIDERS));
  const controllers = parts.flatMap((part) => listOf<Type>(part, MODULE_METADATA.CONTROLLERS));
  const classes = [...controllers, ...providers.map(classOf).filter((each) => each !== undefined)];
  return {
    classes,
    injected: [
      ...classes.flatMap((each) => injectedInto(each).map((token) => ({ token, by: each.name }))),
      ...providers.flatMap((provider) =>
        ((provider as Partial<FactoryProvider>).inject ?? []).map((token) => ({ token, by: 'a factory' })),
      ),
    ],
    provided: providers.flatMap((provider) => ('provide' in provider ? [provider.provide] : [])),
  };
}

/** A Nest module and all that it imports; an import may be a promise or a reference, which is skipped. */
function partsOf(part: Imported): Imported[] {
  if (part === undefined || part instanceof Promise || 'forwardRef' in part) return [];
  return [part, ...listOf<Imported>(part, MODULE_METADATA.IMPORTS).flatMap(partsOf)];
}

function listOf<T>(part: Imported, name: string): T[] {
  const [type, dynamic] = 'module' in part ? [part.module, part] : [part, {}];
  const own = (Reflect.getMetadata(name, type) ?? []) as T[];
  return [...own, ...((dynamic as Record<string, T[] | undefined>)[name] ?? [])];
}

function classOf(provider: Provider): Type | undefined {
  if (typeof provider === 'function') return provider;
  return 'useClass' in provider ? provider.useClass : undefined;
}

function injectedInto(type: Type): unknown[] {
  const parameters = (Reflect.getMetadata(SELF_DECLARED_DEPS_METADATA, type) ?? []) as { param: unknown }[];
  const properties = (Reflect.getMetadata(PROPERTY_DEPS_METADATA, type) ?? []) as { type: unknown }[];
  return [...parameters.map(({ param }) => param), ...properties.map((property) => property.type)];
}
