import type { FeatureModule } from '../../project/feature-module.js';
import type { NestProject } from '../../project/nest-project.js';
import type { DataUse } from './data-use.js';
import type { Entities } from './entities.js';
import type { Entity, EntityOwner } from './entity.js';

/** Modules that hold entities for others. */
const FOR_ALL =
  /^(.*\/)?(database|databases|db|entities|entity|models?|prisma|typeorm|mongo(ose|db)?|sequelize|persistence|orm|data(-?access)?|core|common|shared|infra(structure)?)$/;

/**
 * Decides which module an entity belongs to: the one whose folder holds it; without one, or where that module only holds
 * entities for others, the one that writes it most, then the one with its name, then the one that uses it most.
 */
export function decideOwners(
  { ownership }: NestProject,
  entities: Entities,
  uses: readonly DataUse[],
): Map<Entity, EntityOwner> {
  const byEntity = Map.groupBy(uses, ({ entity }) => entity);
  const owners = new Map<Entity, EntityOwner>();
  for (const entity of entities.all) {
    const inFolder = entity.declaration && ownership.ofDeclaration(entity.declaration);
    const isHeldForOthers = inFolder && (inFolder.isRoot || FOR_ALL.test(inFolder.name));
    owners.set(
      entity,
      inFolder && !isHeldForOthers
        ? { owner: inFolder, reason: 'it lies in the folder of the module' }
        : mostFrequent(entity, byEntity.get(entity) ?? [], isHeldForOthers ? inFolder : undefined),
    );
  }
  adoptReferenced(entities, owners);
  return owners;
}

function mostFrequent(
  entity: Entity,
  uses: readonly DataUse[],
  holder: FeatureModule | undefined,
): EntityOwner {
  const candidates = [...Map.groupBy(uses, ({ module }) => module)].flatMap(([module, own]) => {
    if (module === undefined || module.isRoot || module === holder) return [];
    const writes = own.filter(({ access }) => access === 'write').length;
    const registered = own.some(({ access }) => access === 'repository');
    return [
      { module, writes, uses: own.length, registered, isNamesake: isNamesake(module.name, entity.name) },
    ];
  });
  const [first] = candidates.toSorted(
    (one, other) =>
      other.writes - one.writes ||
      Number(other.isNamesake) - Number(one.isNamesake) ||
      other.uses - one.uses ||
      (one.module.name < other.module.name ? -1 : 1),
  );
  if (first === undefined)
    return {
      owner: holder,
      reason: holder ? 'it lies in its folder, and no other module uses it' : 'no module uses it',
    };
  const all = candidates.reduce((sum, { writes }) => sum + writes, 0);
  const reason =
    first.writes > 0
      ? `it has ${first.writes} of ${all} places that write it`
      : first.isNamesake
        ? 'no module writes it, and this one has its name'
        : `no module writes it, and this one has most of the places that use it (${first.uses})`;
  return { owner: first.module, reason };
}

const stemOf = (name: string) =>
  name
    .split('/')
    .at(-1)!
    .toLowerCase()
    .replaceAll(/[^a-z\d]/g, '')
    .replace(/(entity|model|schemaclass|schema)$/, '')
    .replace(/ies$/, 'y')
    .replace(/s$/, '');

const isNamesake = (module: string, entity: string) => stemOf(module) === stemOf(entity);

/** An entity that only entities of one module refer to belongs to that module. */
function adoptReferenced(entities: Entities, owners: Map<Entity, EntityOwner>): void {
  for (const entity of entities.all) {
    const known = owners.get(entity)!;
    if (known.owner !== undefined) continue;
    const referring = new Set(
      entities.all
        .filter(({ relations }) => relations.some(({ target }) => target === entity))
        .flatMap((each) => owners.get(each)?.owner ?? []),
    );
    const [only] = referring;
    if (referring.size === 1)
      owners.set(entity, { owner: only, reason: `only entities of ${only!.name} refer to it` });
  }
}
