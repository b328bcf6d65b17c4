import type { ts } from 'ts-morph';
import type { Declaration } from '../../project/declaration.js';
import type { FeatureModule } from '../../project/feature-module.js';

export type Orm = 'typeorm' | 'mikro-orm' | 'mongoose' | 'sequelize' | 'prisma';

/** A property of an entity that refers to another entity. */
export interface Relation {
  readonly name: string;
  readonly target: Entity;
  readonly at: ts.Node | { readonly file: string; readonly line: number };
  /** The other side of a relation that is reported already. */
  readonly isInverse: boolean;
}

/** A class, schema or model that is stored. */
export interface Entity {
  readonly name: string;
  readonly orm: Orm;
  /** Absent for a Prisma model. */
  readonly declaration: Declaration | undefined;
  /** Names of its table or collection, in lower case. */
  readonly tables: readonly string[];
  readonly relations: Relation[];
}

/** The module that an entity belongs to, and how that was decided. */
export interface EntityOwner {
  readonly owner: FeatureModule | undefined;
  readonly reason: string;
}
