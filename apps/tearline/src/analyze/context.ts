import type { ts } from 'ts-morph';
import { isClass } from '../project/declaration.js';
import type { FeatureModule } from '../project/feature-module.js';
import type { NestProject } from '../project/nest-project.js';
import type { DataUse } from './data/data-use.js';
import { Entities } from './data/entities.js';
import type { Entity, EntityOwner } from './data/entity.js';
import { decideOwners } from './data/entity-owners.js';
import { findDataUses } from './data/find-data-uses.js';
import { RepositoryMembers } from './data/repository-members.js';
import type { Observation } from './finding.js';
import { addRelations } from './data/relations.js';
import { findInfrastructure } from './infrastructure.js';
import type { ServiceInjection } from './service-injection.js';

/** What detectors look at. */
export interface AnalysisContext {
  readonly nest: NestProject;
  readonly entities: Entities;
  readonly uses: readonly DataUse[];
  readonly owners: ReadonlyMap<Entity, EntityOwner>;
  readonly services: readonly ServiceInjection[];
  /** Modules without routes, data and other modules: each process may load them. */
  readonly infrastructure: ReadonlySet<FeatureModule>;
  readonly ownerOf: (entity: Entity) => FeatureModule | undefined;
  /** The injections of a class by member. */
  readonly membersOf: (node: ts.Node) => ReadonlyMap<string, ServiceInjection>;
}

/** Finds one kind of thing that stops an extraction. */
export type Detector = (context: AnalysisContext) => Iterable<Observation>;

export function contextOf(nest: NestProject): AnalysisContext {
  const entities = new Entities(nest);
  addRelations(entities, nest.index);
  const uses = findDataUses(nest, entities);
  const owners = decideOwners(nest, entities, uses);
  const services = serviceInjections(nest, new RepositoryMembers(nest, entities));
  const members = new Map<ts.Node, Map<string, ServiceInjection>>();
  for (const each of services) {
    if (each.member === undefined) continue;
    const known = members.get(each.consumer.node) ?? new Map<string, ServiceInjection>();
    members.set(each.consumer.node, known.set(each.member, each));
  }
  return {
    nest,
    entities,
    uses,
    owners,
    services,
    infrastructure: findInfrastructure(nest, services, uses, owners),
    ownerOf: (entity) => owners.get(entity)?.owner,
    membersOf: (node) => members.get(node) ?? new Map<string, ServiceInjection>(),
  };
}

/** Injections of classes of the application, apart from repositories and clients of databases. */
function serviceInjections({ injections, nestModules, ownership }: NestProject, members: RepositoryMembers) {
  const byToken = new Map(
    nestModules.flatMap((module) =>
      module.providers.map((provider) => [provider.token, { module, provider }] as const),
    ),
  );
  return injections.flatMap((injection): ServiceInjection[] => {
    const { target, consumer, name } = injection;
    const provided = byToken.get(target ?? name);
    if (target === undefined && provided === undefined) return [];
    if (members.entityOf(injection) !== undefined) return [];
    const service = isClass(target) ? target : provided?.provider.implementation;
    if (target?.kind === 'type' && provided === undefined) return [];
    const owner = isClass(target)
      ? ownership.ofDeclaration(target)
      : provided && ownership.ofDeclaration(provided.module.declaration);
    return [{ ...injection, service, owner, module: ownership.ofDeclaration(consumer) }];
  });
}
