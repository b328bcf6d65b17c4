import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import type { MoveStep } from '@tearline/database';
import { portToListenOn } from '@tearline/process';
import { type CheckReport, ConsistencyChecker } from '../../support/consistency-checker.js';
import { type RunningApp, startApp } from '../../support/running-app.js';
import { TwoServers } from '../../support/two-servers.js';
import { withMove } from './with-move.js';

export type Victim = 'tool' | 'host' | 'source' | 'target';
export const VICTIMS: readonly Victim[] = ['tool', 'host', 'source', 'target'];
export const STEPS: Readonly<Record<'move' | 'back', readonly MoveStep[]>> = {
  move: ['prepare', 'copy', 'follow', 'lock', 'arrive', 'commit', 'settle'],
  back: ['follow', 'lock', 'arrive', 'commit', 'settle'],
};

type Action = 'move' | 'back' | 'abort';

/** What follows a kill: the same command, until it succeeds, or `abort`. */
export type Remedy = 'again' | 'abort';
export const REMEDIES: readonly Remedy[] = ['again', 'abort'];

export interface Kill {
  readonly action: 'move' | 'back';
  readonly step: MoveStep;
  readonly victim: Victim;
  readonly remedy: Remedy;
}

/** Returns each kill; in short form, each step once, with one victim after the other. */
export function killsOf(
  victims: readonly Victim[],
  remedies: readonly Remedy[],
  isShort: boolean,
): readonly Kill[] {
  const all = (['move', 'back'] as const).flatMap((action) =>
    STEPS[action].flatMap((step) =>
      victims.flatMap((victim) => remedies.map((remedy) => ({ action, step, victim, remedy }))),
    ),
  );
  const perStep = victims.length * remedies.length;
  // A step that is prime to the number of kills of a step passes through all of them.
  return isShort
    ? all.filter((_, index) => index % perStep === (Math.floor(index / perStep) * 3) % perStep)
    : all;
}

export interface KillResult extends Kill {
  readonly report: CheckReport;
  readonly doubledArticles: number;
  /** How often commands had to be run from the killed one on. */
  readonly runs: number;
  /** What is left of the move at either server after `abort`. */
  readonly left: readonly string[];
  readonly seconds: number;
}

const TOOL = 'dist/test/faults/move/tool.js';
const SESSIONS = 6;
const SERVER_AWAY = /ECONN|terminat|starting up|shutting down|does not follow/;
const MAX_RUNS = 40;
const RETRY_INTERVAL_MS = 200;
/** On a machine that is busy with other work. */
const START_TIMEOUT_MS = 300_000;

/** Two servers and a monolith, of which one is killed at one step after the other. */
export class KillEnvironment {
  #host: RunningApp;

  private constructor(
    private readonly servers: TwoServers,
    private readonly port: number,
    private readonly dir: string,
    private readonly module: string,
  ) {}

  static async start(module: string, articles: number): Promise<KillEnvironment> {
    const servers = await TwoServers.start(articles);
    const dir = await mkdtemp(join(tmpdir(), 'tearline-move-'));
    await chmod(dir, 0o755);
    const environment = new KillEnvironment(servers, await portToListenOn(0, '127.0.0.1'), dir, module);
    environment.#host = await environment.#startHost();
    return environment;
  }

  async stop(): Promise<void> {
    await this.#host.stop();
    await this.servers.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Moves away, or away and back, with one kill, under load; then returns everything to the source. */
  async run(kill: Kill): Promise<KillResult> {
    const { action, remedy } = kill;
    const began = performance.now();
    const checker = new ConsistencyChecker({
      hosts: [this.#host.url],
      sessions: SESSIONS,
      carriesTokens: true,
      thinkMs: 100,
    });
    let runs = 1;
    await checker.run(async () => {
      if (action === 'back') await this.#command('move');
      const isDone = await this.#killed(kill);
      if (!isDone || remedy === 'abort') runs += await this.#untilDone(remedy === 'abort' ? 'abort' : action);
    });
    const report = await checker.settle();
    const doubledArticles = await this.servers.doubledArticles();
    if (remedy !== 'abort') await this.#command('abort');
    const left = await this.servers.leftOfMove(this.module);
    return { ...kill, report, doubledArticles, runs, left, seconds: (performance.now() - began) / 1_000 };
  }

  /** Repeats a command while the servers are away. @returns how often it had to be run */
  async #untilDone(action: Action): Promise<number> {
    for (let runs = 1; ; runs += 1) {
      if (await this.#command(action)) return runs;
      if (runs === MAX_RUNS) throw new Error(`${action} does not end after ${MAX_RUNS} runs`);
      await pause(RETRY_INTERVAL_MS);
    }
  }

  /** Runs a command in this process, since a new one takes long to start. @returns false when a server was away */
  async #command(action: Action): Promise<boolean> {
    try {
      await withMove(this.module, this.servers.env, (move) => move[action]());
      return true;
    } catch (error) {
      // A kill before the first step leaves nothing to abort.
      if (action === 'abort' && String(error).includes('is not being moved')) return true;
      if (!SERVER_AWAY.test(String(error))) throw error;
      return false;
    }
  }

  /** Runs a command as a process, with a kill before a step. @returns whether it succeeded all the same */
  async #killed({ action, step, victim }: Kill): Promise<boolean> {
    const child = spawn(process.execPath, [TOOL, action, this.module], {
      env: { PATH: process.env['PATH'], ...this.servers.env, STOP_BEFORE: step },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const errors = text(child.stderr);
    const exited = once(child, 'exit') as Promise<[number | null]>;
    child.stdin.on('error', () => undefined);
    const reached = createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
    if ((await reached).done) throw new Error(`${action} did not come to '${step}': ${await errors}`);
    await this.#kill(victim);
    if (victim === 'tool') child.kill('SIGKILL');
    else child.stdin.write('\n');
    const [code] = await exited;
    await this.#restart(victim);
    return code === 0;
  }

  async #kill(victim: Victim): Promise<void> {
    if (victim === 'host') await this.#host.kill();
    if (victim === 'source' || victim === 'target') await this.servers[victim].server.kill();
  }

  /** Starts again what was killed. @throws Error when a host has ended because of it */
  async #restart(victim: Victim): Promise<void> {
    for (const { server } of [this.servers.source, this.servers.target])
      if (server.isStopped) await server.start();
    const exit = await Promise.race([this.#host.exited, pause(0)]);
    if (exit === undefined) return;
    if (victim !== 'host') throw new Error(`the host ended when the ${victim} was killed`);
    this.#host = await this.#startHost();
  }

  #startHost(): Promise<RunningApp> {
    return startApp({
      dir: this.dir,
      within: START_TIMEOUT_MS,
      env: {
        ...this.servers.env,
        PORT: `${this.port}`,
        REGISTRATIONS_PER_MINUTE: '1000000',
        CONSISTENCY_SECRET: 'the same after a restart',
      },
    });
  }
}
