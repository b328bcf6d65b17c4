import pg from 'pg';
import { runMigrations } from '../migrate.js';
import type { ModuleData } from '../module-data.js';
import { findPlacement, type Placement, writePlacement } from '../placement/placements.js';
import { withServers } from '../placement/locate.js';
import { createSchemaAndRole, revokePrivileges } from '../roles.js';
import { firstServer } from '../server-urls.js';
import { cutOver } from './cutover.js';
import { copyDeployment } from './copy-deployment.js';
import { type CopyProgress, waitForCopy } from './initial-copy.js';
import { withMoveLock } from './move-lock.js';
import { type MoveState, otherMoveOf, stateOf } from './move-state.js';
import { type MovePlan, planMove } from './obstacles.js';
import { Replication } from './replication.js';
import type { Server } from './server.js';
import { emptySchema, identifyByAllColumns, movedTables } from './tables.js';

const { escapeIdentifier: id } = pg;

/**
 * - `prepare`: creates role, schema and tables at the target
 * - `copy`: copies the rows that are there
 * - `follow`: makes the server with the data follow the other one, for the way back
 * - `lock`, `arrive`, `commit`: locks the tables, waits until the other server has everything, lets hosts go there
 * - `settle`: ends the replication from the server that had the data
 * - `remove`: removes the data from the server that does not serve it
 */
export type MoveStep = 'prepare' | 'copy' | 'follow' | 'lock' | 'arrive' | 'commit' | 'settle' | 'remove';

export interface DataMoveOptions {
  readonly data: ModuleData;
  /** The module's URL, with its role and password, at any server. */
  readonly moduleUrl: string;
  /** The server that `DATABASE_URL` names. */
  readonly source: Server;
  readonly target: Server;
  readonly log?: (line: string) => void;
  readonly progress?: (progress: CopyProgress) => void;
  /** Called before each step. */
  readonly onStep?: (step: MoveStep) => void;
  /** Ends the work between two steps; what has been done stays, and the same command goes on from there. */
  readonly signal?: AbortSignal;
}

/** What the servers say about a move. */
export interface MoveStatus {
  /** Place of the data. */
  readonly at: string;
  readonly epoch: number;
  /** The other server, while a move is not finished. */
  readonly peer: string | null;
  /** Bytes of WAL that the other server has not confirmed; undefined without replication to it. */
  readonly behindBytes: number | undefined;
}

/**
 * Moves the data of a module to another server and back, by logical replication, while hosts use it. The servers hold the state
 * of a move; every step may be repeated.
 */
export class DataMove {
  readonly #module: string;
  readonly #role: string;
  readonly #log: (line: string) => void;
  readonly #onStep: (step: MoveStep) => void;
  readonly #signal: AbortSignal;

  constructor(private readonly options: DataMoveOptions) {
    this.#module = options.data.schema;
    this.#role = decodeURIComponent(firstServer(options.moduleUrl).username);
    this.#log = options.log ?? (() => undefined);
    this.#onStep = options.onStep ?? (() => undefined);
    this.#signal = options.signal ?? new AbortController().signal;
  }

  async plan(): Promise<MovePlan> {
    const { source, target } = this.options;
    const placement = await this.#placementAt(source);
    const otherMove = otherMoveOf(this.#module, placement, target);
    if (otherMove === undefined && (await this.#state()).isAtTarget)
      return { tables: await movedTables(target, this.#module), obstacles: [] };
    const isStarted = placement?.peer === target.place;
    const plan = await planMove({ module: this.#module, role: this.#role, source, target, isStarted });
    return otherMove === undefined ? plan : { ...plan, obstacles: [otherMove, ...plan.obstacles] };
  }

  async status(): Promise<MoveStatus> {
    const { source, target } = this.options;
    const { isAtTarget, placement } = await this.#state();
    const [from, to] = isAtTarget ? [target, source] : [source, target];
    const replication = new Replication(this.#module, from, to);
    const isRunning = await replication.isRunning();
    return {
      at: from.place,
      epoch: placement?.epoch ?? 0,
      peer: placement?.peer ?? null,
      behindBytes: isRunning ? await replication.behindBytes() : undefined,
    };
  }

  /** Moves the data to the target. @returns the milliseconds for which tables were locked; undefined when it is there already */
  move(): Promise<number | undefined> {
    return this.#exclusively(() => this.#move());
  }

  async #move(): Promise<number | undefined> {
    const { source, target } = this.options;
    const { obstacles } = await this.plan();
    if (obstacles.length > 0) throw new Error(obstaclesText(this.#module, obstacles));
    const { isAtTarget } = await this.#state();
    if (isAtTarget) {
      await this.#settle(source, target);
      return undefined;
    }
    await this.#prepare();
    await this.#copy();
    return this.#cutOver(source, target);
  }

  /** Moves the data back to the source. @returns as `move` */
  back(): Promise<number | undefined> {
    return this.#exclusively(() => this.#back());
  }

  async #back(): Promise<number | undefined> {
    const { source, target } = this.options;
    const { isAtTarget, placement } = await this.#state();
    if (!placement?.peer) throw new Error(this.#notMoving());
    if (!isAtTarget) {
      await this.#settle(target, source);
      return undefined;
    }
    await this.#settle(source, target);
    return this.#cutOver(target, source);
  }

  /** Ends the replication, and removes the data from the server that does not have it now. */
  finish(): Promise<void> {
    return this.#exclusively(() => this.#finish());
  }

  async #finish(): Promise<void> {
    const { source, target } = this.options;
    const { isAtTarget, placement } = await this.#state();
    if (!placement?.peer) throw new Error(this.#notMoving());
    if (!isAtTarget && placement.epoch === 0)
      throw new Error(`the data of '${this.#module}' has not moved yet: run move to go on, or abort`);
    const [from, to] = isAtTarget ? [source, target] : [target, source];
    await this.#settle(from, to);
    await this.#removeFrom(from, to);
  }

  /** Returns the data to the source, if it has moved, and removes it from the target. */
  abort(): Promise<void> {
    return this.#exclusively(() => this.#abort());
  }

  async #abort(): Promise<void> {
    const { source, target } = this.options;
    const { isAtTarget, placement } = await this.#state();
    if (!placement?.peer) throw new Error(this.#notMoving());
    if (isAtTarget) await this.#back();
    else if (placement.epoch > 0) await this.#settle(target, source);
    await this.#removeFrom(target, source);
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    return withMoveLock(this.#module, [this.options.source, this.options.target], work);
  }

  #notMoving(): string {
    return `the data of '${this.#module}' is not being moved between ${this.options.source.place} and ${this.options.target.place}`;
  }

  #state(): Promise<MoveState> {
    return stateOf(this.#module, this.options.source, this.options.target);
  }

  #placementAt({ owner }: Server): Promise<Placement | undefined> {
    return findPlacement(owner, this.#module);
  }

  /** Creates role and schema at the target, with the tables as they are at the source. */
  async #prepare(): Promise<void> {
    const { source, target, data, moduleUrl } = this.options;
    this.#onStep('prepare');
    const known = await this.#placementAt(source);
    const { epoch, lineage } = known ?? { epoch: 0, lineage: source.cluster };
    await writePlacement(source.owner, this.#module, { epoch, lineage, away: null, peer: target.place });
    this.#log(`creating role and schema '${this.#module}' at ${target.address}`);
    await target.owner.query('create schema if not exists tearline');
    await target.owner.query('create table if not exists tearline.migration_lock ()');
    await createSchemaAndRole(target.owner, this.#module, withServers(moduleUrl, target.place));
    await runMigrations(target.url, data);
    await writePlacement(target.owner, this.#module, {
      epoch,
      lineage,
      away: source.place,
      peer: source.place,
    });
    await copyDeployment(source, target, this.#module);
    await target.owner.query(`grant usage on schema ${id(this.#module)} to ${id(this.#role)}`);
    await revokePrivileges(target.owner, this.#module, this.#role);
    for (const server of [source, target]) await identifyByAllColumns(server, this.#module, true);
    this.#signal.throwIfAborted();
  }

  async #copy(): Promise<void> {
    const { source, target, progress } = this.options;
    this.#onStep('copy');
    const replication = new Replication(this.#module, source, target);
    if (await replication.isBroken())
      throw new Error(
        `${source.address} has lost the replication slot of the move, as in a failover: run abort, and move again`,
      );
    await replication.start(true);
    await waitForCopy(replication, await movedTables(source, this.#module), {
      progress,
      signal: this.#signal,
    });
  }

  async #cutOver(from: Server, to: Server): Promise<number> {
    const replication = new Replication(this.#module, from, to);
    if (!(await replication.isRunning()))
      throw new Error(
        `${to.address} does not follow ${from.address} any more: its replication slot was lost, as in a failover. Run finish, and then a new move`,
      );
    const placement = (await this.#placementAt(from))!;
    this.#onStep('follow');
    // Before the first write at the other server, so that nothing of it is missed here.
    await new Replication(this.#module, to, from).start(false);
    this.#log(`moving '${this.#module}' from ${from.address} to ${to.address}`);
    const pauseMs = await cutOver({
      module: this.#module,
      role: this.#role,
      replication,
      placement,
      log: this.#log,
      onStep: this.#onStep,
      signal: this.#signal,
    });
    this.#onStep('settle');
    await this.#settle(from, to);
    return pauseMs;
  }

  /** After a cutover: what a tool that ended right behind it has left undone. */
  async #settle(from: Server, to: Server): Promise<void> {
    const left = await this.#placementAt(from);
    const present = await this.#placementAt(to);
    if (left?.away && (present?.epoch ?? -1) < left.epoch)
      await writePlacement(to.owner, this.#module, { ...left, away: null, peer: from.place });
    await new Replication(this.#module, from, to).stop();
  }

  /** @param from the server without the data */
  async #removeFrom(from: Server, to: Server): Promise<void> {
    this.#onStep('remove');
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      const replication = new Replication(this.#module, one, other);
      await replication.stop();
      await replication.unpublish();
    }
    const placement = (await this.#placementAt(to))!;
    await emptySchema(from, this.#module);
    await identifyByAllColumns(to, this.#module, false);
    for (const { owner } of [from, to])
      await owner.query('delete from tearline.move_marks where module = $1', [this.#module]);
    const { source, target } = this.options;
    // The source's last: as long as it names a peer, the command that was interrupted goes on.
    for (const server of [target, source])
      await writePlacement(server.owner, this.#module, {
        ...placement,
        away: server === to ? null : to.place,
        peer: null,
      });
  }
}

const obstaclesText = (module: string, obstacles: readonly string[]) =>
  `'${module}' cannot be moved:\n${obstacles.map((obstacle) => `- ${obstacle}`).join('\n')}`;
