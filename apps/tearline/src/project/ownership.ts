import { basename, dirname } from 'node:path';
import type { ts } from 'ts-morph';
import type { Declaration } from './declaration.js';
import type { FeatureModule } from './feature-module.js';

/**
 * Which module code belongs to: the one whose folder holds the file, the nearest first; in a folder that several modules
 * share, the one that provides the class, or after which the file is named. Other code is shared, and belongs to none.
 */
export class Ownership {
  readonly #features: readonly FeatureModule[];
  readonly #byFolder: Map<string, FeatureModule>;
  readonly #byDeclaration = new Map<Declaration, FeatureModule>();
  readonly #byFile = new Map<string, FeatureModule | undefined>();

  constructor(features: readonly FeatureModule[]) {
    this.#features = features;
    this.#byFolder = new Map(features.flatMap((each) => (each.folder ? [[each.folder, each]] : [])));
    const providers = new Map<Declaration, Set<FeatureModule>>();
    for (const feature of features)
      for (const { declaration, providers: own, controllers } of feature.nestModules) {
        this.#byDeclaration.set(declaration, feature);
        const classes = [
          ...own.map(({ implementation }) => implementation),
          ...controllers.map((each) => each.declaration),
        ];
        for (const each of classes)
          if (each) providers.set(each, (providers.get(each) ?? new Set()).add(feature));
      }
    for (const [declaration, by] of providers) {
      const [only] = by;
      if (by.size === 1 && this.#inFolder(declaration.source.fileName) === undefined)
        this.#byDeclaration.set(declaration, only!);
    }
    // Code beside a class that one module provides is that module's, when all such classes of the file agree.
    for (const [declaration, feature] of this.#byDeclaration) {
      const { fileName } = declaration.source;
      const known = this.#byFile.get(fileName);
      this.#byFile.set(fileName, this.#byFile.has(fileName) && known !== feature ? undefined : feature);
    }
  }

  ofDeclaration(declaration: Declaration): FeatureModule | undefined {
    return this.#byDeclaration.get(declaration) ?? this.ofFile(declaration.source.fileName);
  }

  ofNode(node: ts.Node): FeatureModule | undefined {
    return this.ofFile(node.getSourceFile().fileName);
  }

  ofFile(file: string): FeatureModule | undefined {
    return this.#inFolder(file) ?? this.#byFile.get(file) ?? this.#namedAfter(file);
  }

  #inFolder(file: string): FeatureModule | undefined {
    for (let folder = dirname(file), last = ''; folder !== last; last = folder, folder = dirname(folder)) {
      const feature = this.#byFolder.get(folder);
      if (feature) return feature;
    }
    return undefined;
  }

  /** `users.entity.ts` beside `users.module.ts`. */
  #namedAfter(file: string): FeatureModule | undefined {
    return this.#features.find(({ folder, nestModules: [first] }) => {
      if (folder !== undefined) return false;
      const module = first!.declaration.source.fileName;
      const stem = basename(module).split('.')[0]!;
      return dirname(module) === dirname(file) && basename(file).split('.')[0] === stem;
    });
  }
}
