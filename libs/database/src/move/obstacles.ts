import { findPlacement } from '../placement/placements.js';
import { assertMayBeUsed } from '../roles.js';
import { hostsOf } from '../server-urls.js';
import { databaseUrlVariable } from '../settings.js';
import { serverObstacles } from './server-obstacles.js';
import type { Server } from './server.js';
import { movedTables, type MovedTable } from './tables.js';

/** What a move will copy, and what stands in its way. */
export interface MovePlan {
  readonly tables: readonly MovedTable[];
  /** Each says what to do about it. */
  readonly obstacles: readonly string[];
}

export interface PlanOptions {
  readonly module: string;
  /** The module's role, which has the same name on both servers. */
  readonly role: string;
  readonly source: Server;
  readonly target: Server;
  /** Whether the move has begun, so that its objects are there. */
  readonly isStarted: boolean;
}

/** Looks at both servers, and changes nothing. */
export async function planMove({ module, role, source, target, isStarted }: PlanOptions): Promise<MovePlan> {
  const tables = await movedTables(source, module);
  const obstacles = [
    ...(tables.length === 0
      ? [`${source.address} has no schema '${module}': run npm run migrate first`]
      : []),
    ...sameServer(source, target),
    ...(await serverObstacles(source, target, isStarted)),
    ...(await tableObstacles(source, module)),
    ...(await targetObstacles(module, source, target, isStarted)),
    ...(await roleObstacles(module, role, target)),
    ...(await hostObstacles(module, source)),
  ];
  return { tables, obstacles };
}

function sameServer(source: Server, target: Server): string[] {
  if (source.cluster !== target.cluster) return [];
  return [
    `${hostsOf(target.urlOfAll)} is the server that has the data, or a copy of its files: name another server, whose roles are its own`,
  ];
}

async function tableObstacles({ owner }: Server, module: string): Promise<string[]> {
  const { rows } = await owner.query<{ obstacle: string }>(
    `select format('the table %I.%I is unlogged, and so not replicated: alter table %I.%I set logged', nspname, relname, nspname, relname) as obstacle
       from pg_class c join pg_namespace n on n.oid = relnamespace
      where nspname = $1 and relkind in ('r', 'p') and relpersistence = 'u'
     union all
     select format('the constraint %I of %s refers to %s, in another schema: drop it', conname, conrelid::regclass, confrelid::regclass)
       from pg_constraint c join pg_class one on one.oid = conrelid join pg_class other on other.oid = confrelid
      where contype = 'f' and one.relnamespace <> other.relnamespace
        and $1::text in (select nspname from pg_namespace where oid in (one.relnamespace, other.relnamespace))
     order by 1`,
    [module],
  );
  return rows.map(({ obstacle }) => obstacle);
}

async function targetObstacles(
  module: string,
  source: Server,
  target: Server,
  isStarted: boolean,
): Promise<string[]> {
  const found: string[] = [];
  const { rows: used } = await source.owner.query<{ name: string }>(
    `select extname as name from pg_extension where extname <> 'plpgsql' and exists (
       select from pg_depend type_of join pg_attribute a on a.atttypid = type_of.objid join pg_class c on c.oid = a.attrelid
        where type_of.refobjid = pg_extension.oid and type_of.deptype = 'e' and c.relnamespace = to_regnamespace($1))`,
    [module],
  );
  const { rows: present } = await target.owner.query<{ name: string }>(
    'select extname as name from pg_extension',
  );
  for (const { name } of used)
    if (!present.some((each) => each.name === name))
      found.push(`${target.address} lacks the extension '${name}': create extension "${name}" there`);
  const { rows: known } = await target.owner.query<{ hasTables: boolean }>(
    `select exists (select from pg_class where relnamespace = to_regnamespace($1)) as "hasTables"`,
    [module],
  );
  const placement = await findPlacement(target.owner, module);
  if (placement?.peer && placement.peer !== source.place)
    found.push(
      `${target.address} takes part in another move, with ${placement.peer}: finish or abort that one`,
    );
  else if (known[0]!.hasTables && !placement?.away && !isStarted)
    found.push(
      `${target.address} has a schema '${module}' with tables in it: name another database, or drop the schema`,
    );
  return found;
}

/** Whether the module's role may be created or changed at the target. */
async function roleObstacles(module: string, role: string, { owner }: Server): Promise<string[]> {
  try {
    await assertMayBeUsed(owner, databaseUrlVariable(module), role);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

/** A host in another language does not look where the data is when it is refused. */
async function hostObstacles(module: string, { owner }: Server): Promise<string[]> {
  const { rows } = await owner.query<{ application: string; count: number }>(
    `select application_name as application, count(*)::int as count from pg_stat_activity
      where datname = current_database() and starts_with(application_name, $1) group by 1 order by 1`,
    [`tearline ${module} in `],
  );
  return rows.map(
    ({ application, count }) =>
      `a host does not follow a move: '${application}' has ${count} connections. Run '${module}' without 'runtime' in the topology until the move is finished and its URL names the other server`,
  );
}
