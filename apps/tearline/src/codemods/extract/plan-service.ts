import {
  type ClassDeclaration,
  type MethodDeclaration,
  Node,
  type Project,
  type ReferenceFindableNode,
  type SourceFile,
} from 'ts-morph';
import type { Finding } from '../finding.js';
import { isTest } from '../source/is-test.js';
import { kebabCase } from '../source/kebab-case.js';
import { importOf } from '../source/module-specifiers.js';
import { locationOf } from '../source/location.js';
import type { NestModule } from '../source/nest-module.js';
import { carriedTypesOf } from './carried-types.js';
import { memberUsesOf, type MemberUse } from './member-uses.js';
import { guessKind } from './method-kind.js';
import type { ModuleBoundary } from './module-boundary.js';
import { type Reference, referenceAt } from './reference.js';
import type { ContractMethod, ServicePlan } from './service-plan.js';

interface Context {
  readonly project: Project;
  readonly module: NestModule;
  readonly boundary: ModuleBoundary;
  readonly root: string;
  readonly report: (finding: Finding) => void;
}

const USES = new Set<Reference['kind']>(['injection', 'factory', 'lookup']);

/** Plans the contract of one service; undefined when no other module uses it. */
export function planService(service: ClassDeclaration, context: Context): ServicePlan | undefined {
  const { boundary, root, report } = context;
  const references = service
    .findReferencesAsNodes()
    .filter((name) => Node.isIdentifier(name))
    .filter((name) => !boundary.contains(name))
    .map((name) => referenceAt(name));
  const obstacles = references.filter((reference) => reference.kind === 'obstacle');
  const uses = references.flatMap(holdersOf).flatMap((holder) => memberUsesOf(holder));
  const isUsed = references.some(
    ({ kind, name }) => USES.has(kind) && !isTest(name.getSourceFile().getFilePath()),
  );
  if (!isUsed) return undefined;
  for (const { name, what, wayOut } of obstacles)
    report({ where: locationOf(name, root), what: `${service.getName()}: ${what}`, wayOut, stops: true });
  return {
    service,
    ...namesFor(service, references, context),
    ...methodsOf(service, uses, context),
    references,
    indexes: indexesOf(service, references),
  };
}

function indexesOf(service: ClassDeclaration, references: readonly Reference[]): Map<SourceFile, SourceFile> {
  const files = new Set(references.map(({ name }) => name.getSourceFile()));
  return new Map(
    [...files].flatMap((file) => {
      const target = importOf(file, service.getNameOrThrow())
        ?.getImportDeclaration()
        .getModuleSpecifierSourceFile();
      return target && target !== service.getSourceFile() ? [[file, target] as const] : [];
    }),
  );
}

/** Returns the parameters, properties and variables that hold the service. */
function holdersOf(reference: Reference): (Node & ReferenceFindableNode)[] {
  const { kind, name } = reference;
  if (isTest(name.getSourceFile().getFilePath())) return [];
  if (kind === 'injection') return [reference.target];
  if (kind === 'type') {
    const holder = name.getParent()?.getParent();
    const holds =
      Node.isParameterDeclaration(holder) ||
      Node.isPropertyDeclaration(holder) ||
      Node.isVariableDeclaration(holder);
    return holds ? [holder] : [];
  }
  if (kind !== 'lookup') return [];
  const awaited = reference.call.getParent();
  const holder = Node.isAwaitExpression(awaited) ? awaited.getParent() : awaited;
  return Node.isVariableDeclaration(holder) ? [holder] : [];
}

function methodsOf(service: ClassDeclaration, uses: readonly MemberUse[], { root, report }: Context) {
  const calls = new Map<MethodDeclaration, ContractMethod['calls'][number][]>();
  for (const use of uses) {
    const node = use.kind === 'call' ? use.call : use.node;
    const inTest = isTest(node.getSourceFile().getFilePath());
    if (inTest) continue;
    if (use.kind === 'whole') {
      report({
        where: locationOf(node, root),
        what: `hands ${service.getName()} on as a whole: ${node.getParent()?.getText().slice(0, 60)}`,
        wayOut: 'hand on what its methods return, or call it there through an injection of its own',
        stops: true,
      });
      continue;
    }
    const method = methodNamed(service, use.member);
    if (!method) {
      report({
        where: locationOf(node, root),
        what: `reads ${service.getName()}.${use.member}, which is no method`,
        wayOut: `add a method that returns it: async get${use.member[0]?.toUpperCase()}${use.member.slice(1)}()`,
        stops: true,
      });
      continue;
    }
    const list = calls.get(method) ?? [];
    if (use.kind === 'call') list.push(use.call);
    calls.set(method, list);
  }
  const classes = new Set<ClassDeclaration>();
  const methods = [...calls].map(([method, callsOfMethod]): ContractMethod => {
    const { unfit, classes: carried, isAsync, isGeneric } = carriedTypesOf(method);
    const where = locationOf(method, root);
    const name = method.getName();
    for (const what of unfit)
      report({
        where,
        what: `${name}: ${what}`,
        wayOut: 'change the method to take and return values: what a wire can carry',
        stops: true,
      });
    if (isGeneric || method.getOverloads().length > 0)
      report({
        where,
        what: `${name} is ${isGeneric ? 'generic' : 'overloaded'}; a contract has one signature for it`,
        wayOut: `write its signature into the contract, in place of ${service.getName()}['${name}']`,
        stops: false,
      });
    for (const each of carried) classes.add(each);
    return { name, isAsync, calls: callsOfMethod, ...guessKind(method) };
  });
  const order = service.getMethods().map((method) => method.getName());
  methods.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  return { methods, classes: [...classes] };
}

function methodNamed(service: ClassDeclaration, name: string): MethodDeclaration | undefined {
  const base = service.getBaseClass();
  return service.getInstanceMethod(name) ?? (base && methodNamed(base, name));
}

/** `UsersService` of the module `users` → `UsersContract`, `Users`, `users`. */
function namesFor(
  service: ClassDeclaration,
  references: readonly Reference[],
  { project, module, boundary }: Context,
) {
  const className = service.getNameOrThrow();
  const stem = className.replace(/(Service|Provider|Repository|Facade|Client)$/, '') || className;
  const files = new Set([service.getSourceFile(), ...references.map(({ name }) => name.getSourceFile())]);
  const isTaken = (name: string) =>
    [...files].some((file) => file.getLocals().some((local) => local.getName() === name));
  const client = stem !== className && !isTaken(stem) ? stem : `${stem}Client`;
  const taken = contractNamesIn(project, boundary);
  const base = kebabCase(stem);
  return {
    contract: `${stem}Contract`,
    client,
    contractName: taken.has(base) ? `${module.name}-${base}` : base,
  };
}

function contractNamesIn(project: Project, boundary: ModuleBoundary): Set<string> {
  const files = project.getSourceFiles().filter((file) => !boundary.containsFile(file.getFilePath()));
  const names = files.flatMap((file) =>
    [...file.getFullText().matchAll(/\bcontract\(\s*['"]([a-z0-9-]+)['"]/g)].map(([, name = '']) => name),
  );
  return new Set(names);
}
