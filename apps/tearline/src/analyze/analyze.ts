import { relative, sep } from 'node:path';
import type { FeatureModule } from '../project/feature-module.js';
import type { NestProject } from '../project/nest-project.js';
import type { Analysis, ModuleReport, Verdict } from './analysis.js';
import type { Baseline } from './baseline.js';
import { type AnalysisContext, contextOf } from './context.js';
import { contractsOf } from './contracts.js';
import type { Finding } from './finding.js';
import { findFindings } from './findings.js';
import { dataUsersOf, isCore, orderOf } from './order.js';
import { scoreOf, touches } from './score.js';

/** What else an analysis takes into account. */
export interface AnalyzeOptions {
  /** Findings that are known. */
  readonly baseline?: Baseline | undefined;
  /** Calls of each contract for each HTTP request. */
  readonly callsPerRequest?: ReadonlyMap<string, number> | undefined;
}

/** Analyzes an application. */
export function analyze(nest: NestProject, { baseline, callsPerRequest }: AnalyzeOptions = {}): Analysis {
  const { application, features, lines, project } = nest;
  const context = contextOf(nest);
  const all = findFindings(context);
  const findings = baseline ? all.filter(({ id }) => !baseline.has(id)) : all;
  const contracts = contractsOf(context);
  const candidates = features.filter((each) => !each.isRoot && !context.infrastructure.has(each));
  const candidateNames = candidates.map(({ name }) => name);
  const modules = features.map((feature): ModuleReport => {
    const own = findings.filter((each) => touches(each, feature.name));
    const owned = contracts.get(feature) ?? [];
    const names = new Set([feature.name.split('/').at(-1)!, ...owned.map((each) => each.name)]);
    const calls = [...names].map((each) => callsPerRequest?.get(each)).filter((each) => each !== undefined);
    return {
      name: feature.name,
      folder: feature.folder && named(relative(application.root, feature.folder)),
      nestModules: feature.nestModules.map(({ name }) => name),
      entities: context.entities.all
        .filter((entity) => context.ownerOf(entity) === feature)
        .map(({ name }) => name)
        .toSorted(),
      injects: injectsOf(feature, context),
      score: scoreOf(own),
      ...verdictOf(feature, own, candidateNames, findings, context),
      counts: countsOf(own),
      contracts: owned,
      callsPerRequest: calls.length > 0 ? calls.reduce((sum, each) => sum + each, 0) : undefined,
    };
  });
  const stays = new Set(modules.filter(({ verdict }) => verdict === 'never').map(({ name }) => name));
  return {
    version: 1,
    application: {
      kind: application.kind,
      directory: named(relative(application.root, application.directory)) || '.',
      files: project.getSourceFiles().length,
      lines,
    },
    modules,
    order: orderOf(
      candidateNames.filter((name) => !stays.has(name)),
      findings,
    ),
    entities: [...context.owners].map(([{ name, orm }, { owner, reason }]) => ({
      name,
      orm,
      owner: owner?.name,
      reason,
    })),
    findings,
    known: all.length - findings.length,
  };
}

const named = (path: string) => path.split(sep).join('/');

function injectsOf(feature: FeatureModule, { services }: AnalysisContext): ModuleReport['injects'] {
  const others = services.filter(({ module, owner }) => module === feature && owner && owner !== feature);
  return [...Map.groupBy(others, ({ owner }) => owner!.name)]
    .map(([module, injected]) => ({
      module,
      services: [...new Set(injected.map(({ service, name }) => service?.name ?? name))].toSorted(),
    }))
    .toSorted((one, other) => (one.module < other.module ? -1 : 1));
}

const countsOf = (findings: readonly Finding[]) => ({
  high: findings.filter(({ severity }) => severity === 'high').length,
  medium: findings.filter(({ severity }) => severity === 'medium').length,
  low: findings.filter(({ severity }) => severity === 'low').length,
});

function verdictOf(
  feature: FeatureModule,
  own: readonly Finding[],
  names: readonly string[],
  findings: readonly Finding[],
  { infrastructure }: AnalysisContext,
): { verdict: Verdict; reason: string } {
  const { name } = feature;
  if (feature.isRoot) return { verdict: 'root', reason: 'it composes the application' };
  if (infrastructure.has(feature))
    return { verdict: 'infrastructure', reason: 'it has no routes and no data: each process loads it' };
  if (isCore(name, names, findings)) {
    const users = dataUsersOf(name, findings).size;
    return {
      verdict: 'never',
      reason: `${users} modules use its data directly: extract them from it instead`,
    };
  }
  const high = own.filter(({ severity }) => severity === 'high');
  if (high.length === 0)
    return {
      verdict: 'ready',
      reason:
        own.length === 0 ? 'nothing is in the way' : 'nothing is in the way that a contract does not solve',
    };
  const kinds = [...new Set(high.map(({ kind }) => kind))].join(', ');
  return { verdict: 'work', reason: `first: ${kinds}` };
}
