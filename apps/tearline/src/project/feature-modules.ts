import { basename, dirname, sep } from 'node:path';
import { ts } from 'ts-morph';
import { type Declaration, isClass } from './declaration.js';
import type { FeatureModule } from './feature-module.js';
import type { NestModule } from './nest-module.js';
import type { SourceIndex } from './source-index.js';
import { nameOf, walk } from './syntax.js';

const FACTORIES = new Set(['NestFactory', 'CommandFactory', 'ConsoleModule', 'BootstrapConsole']);
const isWithin = (file: string, folder: string) => file.startsWith(folder + sep);
const folderOf = ({ declaration }: NestModule) => dirname(declaration.source.fileName);

/** Groups Nest modules into those that may be extracted. */
export function findFeatureModules(modules: readonly NestModule[], index: SourceIndex): FeatureModule[] {
  const roots = rootsOf(modules, index);
  const importers = importersOf(modules);
  /** Those that nested modules belong to, from the outermost. */
  const captors = modules
    .filter((module) => !isRootOfApplication(module, roots) && !isAggregator(module, modules, roots))
    .toSorted((one, other) => folderOf(one).length - folderOf(other).length);
  const groups = new Map<NestModule, NestModule[]>();
  for (const module of modules) {
    const captor = captors.find((each) => captures(each, module, importers, roots)) ?? module;
    groups.set(
      captor,
      [...(groups.get(captor) ?? []), module].toSorted((one) => (one === captor ? -1 : 0)),
    );
  }
  const features = [...groups].map(([captor, nestModules]) => ({
    name: kebab(captor.name.replace(/Module$/, '')) || kebab(captor.name),
    nestModules,
    folder:
      isRootOfApplication(captor, roots) || isAggregator(captor, modules, roots)
        ? undefined
        : folderFor(captor, modules, nestModules),
    isRoot: roots.has(captor.declaration),
  }));
  return withUniqueNames(features).toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

const kebab = (name: string) =>
  name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1-$2')
    .toLowerCase();

/** Modules that a program starts, with the files that start them. */
function rootsOf(modules: readonly NestModule[], index: SourceIndex): Map<Declaration, string> {
  const roots = new Map<Declaration, string>();
  for (const source of index.sources) {
    if (!/NestFactory|CommandFactory|BootstrapConsole/.test(source.text)) continue;
    walk(source, (node) => {
      if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
      const [module] = node.arguments;
      const factory = nameOf(node.expression.expression);
      if (module === undefined || factory === undefined || !FACTORIES.has(factory)) return;
      const called = ts.isCallExpression(module) ? module.expression : module;
      const declaration =
        index.resolveEntity(called) ??
        (ts.isPropertyAccessExpression(called) ? index.resolveEntity(called.expression) : undefined);
      if (isClass(declaration)) roots.set(declaration, source.fileName);
    });
  }
  if (roots.size === 0)
    for (const { name, declaration } of modules)
      if (name === 'AppModule') roots.set(declaration, declaration.source.fileName);
  return roots;
}

function importersOf(modules: readonly NestModule[]): Map<NestModule, NestModule[]> {
  const byDeclaration = new Map<Declaration, NestModule>(modules.map((each) => [each.declaration, each]));
  const importers = new Map<NestModule, NestModule[]>();
  for (const importer of modules)
    for (const { declaration } of importer.imports) {
      const imported = declaration && byDeclaration.get(declaration);
      if (imported && imported !== importer)
        importers.set(imported, [...(importers.get(imported) ?? []), importer]);
    }
  return importers;
}

/** A module that only a script starts (a seed) keeps what lies in its folder; the application's root keeps nothing. */
const isRootOfApplication = ({ declaration }: NestModule, roots: Map<Declaration, string>) => {
  const starter = roots.get(declaration);
  return (
    starter !== undefined &&
    (/^(main|index|server|app|lambda|bootstrap)\b/.test(basename(starter)) ||
      starter === declaration.source.fileName)
  );
};

/** Imports the modules in its folder, and does nothing itself. */
function isAggregator(
  module: NestModule,
  modules: readonly NestModule[],
  roots: Map<Declaration, string>,
): boolean {
  if (roots.has(module.declaration)) return false;
  const nested = modules.filter((each) => isWithin(each.declaration.source.fileName, folderOf(module)));
  return module.providers.length === 0 && module.controllers.length === 0 && nested.length > 2;
}

function captures(
  captor: NestModule,
  module: NestModule,
  importers: Map<NestModule, NestModule[]>,
  roots: Map<Declaration, string>,
): boolean {
  if (captor === module) return true;
  const folder = folderOf(captor);
  const file = module.declaration.source.fileName;
  if (!isWithin(file, folder)) return false;
  if (roots.has(module.declaration)) return false;
  if (dirname(file) === folder) return isNamedAfter(captor, folder) && !isNamedAfter(module, folder);
  const others = (importers.get(module) ?? []).filter(
    (importer) => !isWithin(importer.declaration.source.fileName, folder) && !roots.has(importer.declaration),
  );
  return others.length === 0;
}

const stemOf = (name: string) =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z\d]/g, '')
    .replace(/s$/, '');

const isNamedAfter = ({ name }: NestModule, folder: string) =>
  stemOf(name.replace(/Module$/, '')) === stemOf(basename(folder));

/** The folder that holds the module alone: above its own when that is for modules (`users/nest/users.module.ts`). */
function folderFor(
  captor: NestModule,
  modules: readonly NestModule[],
  own: readonly NestModule[],
): string | undefined {
  const holdsOthers = (folder: string) =>
    modules.some((each) => !own.includes(each) && isWithin(each.declaration.source.fileName, folder));
  const folder = folderOf(captor);
  const siblings = modules.filter((each) => !own.includes(each) && folderOf(each) === folder);
  if (siblings.length > 0) return undefined;
  const parts = [
    ...captor.controllers.map(({ declaration }) => declaration),
    ...captor.providers.map(({ implementation }) => implementation),
  ].flatMap((each) => (each ? [each.source.fileName] : []));
  const parent = dirname(folder);
  const isBeside = parts.some((file) => !isWithin(file, folder) && isWithin(file, parent));
  return isBeside && !holdsOthers(parent) ? parent : folder;
}

function withUniqueNames(features: FeatureModule[]): FeatureModule[] {
  const counts = Map.groupBy(features, ({ name }) => name);
  return [...counts.values()].flatMap((alike) => {
    if (alike.length === 1) return alike;
    const folders = alike.map(({ nestModules: [first] }) => folderOf(first!).split(sep));
    for (let parts = 1; parts < 10; parts += 1) {
      const names = folders.map((folder, index) => {
        const above = folder.slice(-parts);
        return above.at(-1) === alike[index]!.name
          ? above.join('/')
          : [...above, alike[index]!.name].join('/');
      });
      if (new Set(names).size === names.length)
        return alike.map((feature, index) => ({ ...feature, name: names[index]! }));
    }
    return alike.map((feature, index) => ({ ...feature, name: `${feature.name}-${index + 1}` }));
  });
}
