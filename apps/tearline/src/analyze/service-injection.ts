import type { ClassDeclaration } from '../project/declaration.js';
import type { FeatureModule } from '../project/feature-module.js';
import type { Injection } from '../project/injection.js';

/** An injection of a class or token of another module, or of one that no module owns. */
export interface ServiceInjection extends Injection {
  readonly module: FeatureModule | undefined;
  readonly owner: FeatureModule | undefined;
  /** The class that is injected, also by a token. */
  readonly service: ClassDeclaration | undefined;
}
