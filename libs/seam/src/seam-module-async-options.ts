import type {
  DynamicModule,
  InjectionToken,
  OptionalFactoryDependency,
  Provider,
  Type,
} from '@nestjs/common';
import type { Contract } from './contract/contract.js';
import type { SeamModuleOptions } from './seam-module-options.js';

/** A provider that makes the options, for `useClass` and `useExisting`. */
export interface SeamOptionsFactory {
  createSeamOptions(): SeamModuleOptions | Promise<SeamModuleOptions>;
}

/** How a factory gets what it needs, as in other modules of Nest. */
export interface Factory<Options> {
  /** Modules that export what is injected; none for global modules. */
  imports?: DynamicModule['imports'];
  /** What the arguments of the factory are. */
  inject?: (InjectionToken | OptionalFactoryDependency)[];
  useFactory: (...args: never[]) => Options | Promise<Options>;
}

/** Options of `SeamModule` that are known only when the application starts. */
export type SeamModuleAsyncOptions = {
  /** All contracts that the options may place; Nest has to know the injection tokens before it runs the factory. */
  contracts: readonly Contract[];
} & (
  | Factory<SeamModuleOptions>
  | { imports?: DynamicModule['imports']; useClass: Type<SeamOptionsFactory> }
  | { imports?: DynamicModule['imports']; useExisting: InjectionToken<SeamOptionsFactory> }
);

/** Returns the providers that make the options. */
export function optionsProviders(token: symbol, options: SeamModuleAsyncOptions): Provider[] {
  if ('useFactory' in options) {
    const { useFactory, inject = [] } = options;
    return [{ provide: token, useFactory: useFactory as (...args: unknown[]) => unknown, inject }];
  }
  const useFactory = (factory: SeamOptionsFactory) => factory.createSeamOptions();
  if ('useExisting' in options) return [{ provide: token, useFactory, inject: [options.useExisting] }];
  return [options.useClass, { provide: token, useFactory, inject: [options.useClass] }];
}
