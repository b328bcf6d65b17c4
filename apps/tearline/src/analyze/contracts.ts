import { relative, sep } from 'node:path';
import { ts } from 'ts-morph';
import type { ClassDeclaration } from '../project/declaration.js';
import type { FeatureModule } from '../project/feature-module.js';
import { nameOf, walk } from '../project/syntax.js';
import type { CalledMethod, ContractReport } from './analysis.js';
import type { AnalysisContext } from './context.js';
import { memberCall } from './detectors/member-calls.js';
import { isClientOfDatabase } from './infrastructure.js';
import { SHARED_CODE } from './finding.js';

const QUERY =
  /^(find|get|list|count|is|has|can|check|search|fetch|load|read|exists?|verify|validate|query|select|by)(?![a-z])/;

/** The contracts that modules would need: the methods that other modules call, by service. */
export function contractsOf(context: AnalysisContext): Map<FeatureModule, ContractReport[]> {
  const called = new Map<ClassDeclaration, Map<string, Set<string>>>();
  for (const { service, member, owner, module, consumer } of context.services) {
    if (!service || !owner || owner === module || member === undefined || isClientOfDatabase(service.node))
      continue;
    const methods = called.get(service) ?? new Map<string, Set<string>>();
    called.set(service, methods);
    walk(consumer.node, (node) => {
      const call = memberCall(node);
      if (call?.member !== member || !hasMethod(service, call.method)) return;
      methods.set(call.method, (methods.get(call.method) ?? new Set()).add(module?.name ?? SHARED_CODE));
    });
  }
  const reports = new Map<FeatureModule, ContractReport[]>();
  for (const [service, methods] of called) {
    const owner = context.nest.ownership.ofDeclaration(service);
    if (owner === undefined || methods.size === 0) continue;
    const report = reportOf(service, methods, owner, context);
    reports.set(owner, [...(reports.get(owner) ?? []), report]);
  }
  return reports;
}

const hasMethod = ({ node }: ClassDeclaration, method: string) =>
  node.heritageClauses?.some(({ token }) => token === ts.SyntaxKind.ExtendsKeyword) === true ||
  node.members.some((each) => each.name && nameOf(each.name) === method);

function reportOf(
  service: ClassDeclaration,
  called: Map<string, Set<string>>,
  owner: FeatureModule,
  { nest }: AnalysisContext,
): ContractReport {
  const methods = [...called]
    .map(([name, callers]): CalledMethod => ({
      name,
      signature: signatureOf(service, name),
      callers: [...callers].toSorted(),
    }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
  const main = service.name.replace(/Service$/, '');
  const ownName = owner.nestModules[0]!.name.replace(/Module$/, '');
  const name = main === ownName || `${main}s` === ownName ? owner.name : `${owner.name}-${kebab(main)}`;
  const path = relative(nest.application.root, service.source.fileName).split(sep).join('/');
  return { name, service: service.name, file: path, methods, source: sourceOf(name, main, service, methods) };
}

const kebab = (name: string) => name.replaceAll(/([a-z\d])([A-Z])/g, '$1-$2').toLowerCase();

function signatureOf({ node }: ClassDeclaration, name: string): string {
  const member = node.members.find(
    (each): each is ts.MethodDeclaration =>
      ts.isMethodDeclaration(each) &&
      nameOf(each.name) === name &&
      (each.body !== undefined || each.type !== undefined),
  );
  if (member === undefined) return '';
  const parameters = member.parameters.map((each) => oneLine(each.getText())).join(', ');
  return `(${parameters})${member.type ? `: ${oneLine(member.type.getText())}` : ''}`;
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ');

function sourceOf(
  name: string,
  main: string,
  service: ClassDeclaration,
  methods: readonly CalledMethod[],
): string {
  const file = service.source.fileName
    .split(/[\\/]/)
    .at(-1)!
    .replace(/[.]m?ts$/, '');
  const factories = new Map(methods.map((each) => [each.name, QUERY.test(each.name) ? 'query' : 'command']));
  const used = ['command', 'query'].filter((each) => [...factories.values()].includes(each));
  return [
    `import { ${['contract', ...used].toSorted().join(', ')} } from '@tearline/seam';`,
    `import type { ${service.name} } from './${file}.js';`,
    '',
    `export const ${main}Contract = contract('${name}', {`,
    ...methods.map(
      (method) => `  ${method.name}: ${factories.get(method.name)}<${service.name}['${method.name}']>(),`,
    ),
    '});',
    '',
  ].join('\n');
}
