import type { NestModule } from './nest-module.js';

/**
 * What may be extracted: a Nest module with the modules that are nested in its folder and used by it alone, such as one
 * for persistence.
 */
export interface FeatureModule {
  /** In kebab case, without `Module`; with its folder where two would have the same name. */
  readonly name: string;
  /** The first one gives the name. */
  readonly nestModules: readonly NestModule[];
  /** Absolute path; undefined where several modules share the folder. */
  readonly folder: string | undefined;
  /** Composes an application (`NestFactory.create(AppModule)`), so it is not extracted. */
  readonly isRoot: boolean;
}
