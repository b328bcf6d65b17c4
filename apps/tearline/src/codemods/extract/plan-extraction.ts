import type { Project } from 'ts-morph';
import { UsageError } from '../../usage-error.js';
import type { Finding } from '../finding.js';
import { isTest } from '../source/is-test.js';
import { locationOf } from '../source/location.js';
import { type ListElement, modulesOf, type NestModule } from '../source/nest-module.js';
import { foreignFilters } from './foreign-filters.js';
import { ModuleBoundary } from './module-boundary.js';
import { type AwaitPlan, planAwaits } from './plan-awaits.js';
import { planService } from './plan-service.js';
import { remainingNeeds } from './remaining-imports.js';
import type { ServicePlan } from './service-plan.js';

export interface Released {
  readonly module: NestModule;
  readonly elements: readonly ListElement[];
}

export interface ExtractionPlan {
  readonly module: NestModule;
  readonly modules: readonly NestModule[];
  readonly boundary: ModuleBoundary;
  readonly services: readonly ServicePlan[];
  readonly awaits: AwaitPlan;
  /** Modules that no longer need to import the extracted one, with what names it in their imports. */
  readonly released: readonly Released[];
  /** What names the services in the exports of the module. */
  readonly exports: readonly ListElement[];
  readonly findings: readonly Finding[];
}

/** Reads what other modules use of a module, and plans the change. Changes nothing. */
export function planExtraction(
  project: Project,
  name: string,
  rootModule: NestModule,
  root: string,
): ExtractionPlan {
  const modules = modulesOf(project).filter((each) => !isTest(each.file));
  const module = moduleNamed(name, modules);
  if (module.declaration === rootModule.declaration)
    throw new UsageError(`${name}: this is the root module, which composes the others; name one of them`);
  const boundary = new ModuleBoundary(module, modules);
  const findings: Finding[] = [];
  const report = (finding: Finding) => void findings.push(finding);
  const services = module
    .classes('providers')
    .filter((each) => boundary.contains(each))
    .flatMap((service) => planService(service, { project, module, boundary, root, report }) ?? []);
  if (services.length === 0)
    throw new UsageError(
      `${name}: no other module injects a provider of ${module.className}, so there is nothing to put behind a contract`,
    );
  const sync = services.flatMap(({ methods }) => methods.filter(({ isAsync }) => !isAsync));
  const awaits = planAwaits(
    sync.flatMap(({ calls }) => calls),
    root,
    report,
  );
  for (const { service, methods } of services)
    if (methods.length === 0)
      report({
        where: locationOf(service, root),
        what: `${service.getName()} is injected, and none of its methods is called`,
        wayOut: 'remove the injections that are not used, then extract again',
        stops: true,
      });
  findings.push(...foreignFilters(project, boundary, root));
  const extracted = services.map(({ service }) => service);
  const released = callersOf(module, modules, rootModule).filter((caller) => {
    const needs = remainingNeeds(caller, { module, modules, boundary, extracted });
    for (const need of needs)
      report({
        where: locationOf(caller.declaration, root),
        what: `${caller.className} still imports ${module.className}: ${need}`,
        wayOut: `offer it by a method of the contract, or import the module that provides it into ${caller.className}; until then a process of ${caller.className} loads ${module.className} too`,
        stops: false,
      });
    return needs.length === 0;
  });
  return {
    module,
    modules,
    boundary,
    services,
    awaits,
    released: released.map((each) => ({
      module: each,
      elements: each.elementsNaming('imports', module.declaration),
    })),
    exports: extracted.flatMap((service) => module.elementsNaming('exports', service)),
    findings,
  };
}

function callersOf(module: NestModule, modules: readonly NestModule[], rootModule: NestModule): NestModule[] {
  const isOther = ({ declaration }: NestModule) =>
    declaration !== module.declaration && declaration !== rootModule.declaration;
  return modules.filter(
    (each) =>
      isOther(each) &&
      each.includes('imports', module.declaration) &&
      !each.includes('exports', module.declaration),
  );
}

export function moduleNamed(name: string, modules: readonly NestModule[]): NestModule {
  const found = modules.filter((each) => each.name === name || each.className === name);
  const [module, second] = found;
  if (second)
    throw new UsageError(
      `${name}: there are ${found.length} modules of this name: ${found.map(({ file }) => file).join(', ')}`,
    );
  if (module) return module;
  const names = modules.map((each) => each.name).toSorted();
  throw new UsageError(`${name}: expected the name of a module: ${names.join(', ')}`);
}

export const stopping = (findings: readonly Finding[]) => findings.filter(({ stops }) => stops);
