import type { ts } from 'ts-morph';
import type { FeatureModule } from '../../project/feature-module.js';
import type { Entity } from './entity.js';

/** A place where code reads or writes an entity, or gets hold of its repository. */
export interface DataUse {
  readonly entity: Entity;
  readonly access: 'read' | 'write' | 'repository';
  readonly module: FeatureModule | undefined;
  readonly node: ts.Node;
  /** Arguments of a query, which may name relations. */
  readonly query: ts.CallExpression | undefined;
}
