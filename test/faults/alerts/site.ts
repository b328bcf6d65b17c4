import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isReady } from '@tearline/process';
import { temporaryDir } from '../../../measure/src/kit/temporary-dir.js';
import { MemoryLimit } from '../../support/memory-limit.js';
import { query } from '../../support/postgres.js';
import { type RedisServer, startRedis } from '../../support/redis.js';
import { type ReplicatedDatabase, startReplicated } from '../../support/replicated-database.js';
import { type HostProcess, type RunningTopology, startTopology } from '../../support/running-topology.js';
import { startLoad } from '../../topology/load.js';
import { childrenOf } from '../../topology/processes.js';

const HEAP_LIMIT_MIB = 256;
const MEMORY_LIMIT_BYTES = 400 * 2 ** 20;
const DISK_MIB = 64;
const READY_TIMEOUT_MS = 60_000;

/** What the runner says of its programs. */
interface Announced {
  readonly prometheus: string;
  readonly alertmanager: string;
  readonly nats: number;
}

/** The full split with Redis, a replica, a small disk and one limited process, watched by Prometheus and under load. */
export class Site {
  private constructor(
    readonly topology: RunningTopology,
    readonly database: ReplicatedDatabase,
    readonly redis: RedisServer,
    /** Folder of the pictures, on a disk of its own. */
    readonly disk: string,
    private readonly prometheus: string,
    private readonly alertmanager: string,
    private readonly limit: MemoryLimit,
    /** The pid of the server of the log's stream. */
    readonly nats: number,
  ) {}

  static async start(cleanup: AsyncDisposableStack): Promise<Site> {
    const redis = await startRedis();
    cleanup.defer(() => redis.stop());
    const database = await startReplicated([0]);
    cleanup.defer(() => database.stop());
    const disk = await temporaryDir('disk', cleanup);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', disk]);
    cleanup.defer(() => void execFileSync('umount', ['--lazy', disk]));
    const limit = new MemoryLimit(MEMORY_LIMIT_BYTES);
    cleanup.defer(() => limit.remove());
    const topology = await startTopology('microservices', {
      args: ['--observe', '--replicas', 'social=2'],
      env: {
        ...database.env,
        REDIS_URL: redis.url,
        MEDIA_DIR: disk,
        MEMORY_EVIDENCE_DIR: await temporaryDir('evidence', cleanup),
        DATABASE_CONNECTIONS: '2',
        REGISTRATIONS_PER_MINUTE: '100000',
        SEAM_CHECKED: 'off',
        LOGS_SPOOL_MIB: '1',
        NODE_OPTIONS: `--max-old-space-size=${HEAP_LIMIT_MIB} --import=${resolve('test/faults/fixtures/grow.ts')}`,
      },
    });
    cleanup.defer(async () => void (await topology.stop()));
    const line = topology.logs().find((each) => each.includes('"alertmanager":'))!;
    const { prometheus, alertmanager, nats } = JSON.parse(line) as Announced;
    const load = await startLoad(topology.url, 12, 'reads and writes');
    cleanup.defer(async () => void (await load.stop()));
    return new Site(topology, database, redis, disk, prometheus, alertmanager, limit, nats);
  }

  /** A process of a host, such as `social.2`. */
  process(name: string): HostProcess {
    return this.topology.hosts.find((each) => each.name === name)!;
  }

  /** The processes of the replica. */
  get replica(): number[] {
    const { pid } = this.database.embedded.replicas[0]!;
    return [...childrenOf(pid), pid];
  }

  /** Ends a process by a signal, and returns when the one that follows it is ready. */
  async restart(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const { url } = this.process(name);
    process.kill(this.pidOf(name), signal);
    const deadline = performance.now() + READY_TIMEOUT_MS;
    while (await isReady(url)) await pause(20);
    while (!(await isReady(url))) {
      if (performance.now() > deadline) throw new Error(`${name} does not start again`);
      await pause(100);
    }
  }

  /** Lets a process start again where little memory is left to it. */
  async restartLimited(name: string): Promise<void> {
    await this.limit.around(this.topology.pid, () => this.restart(name));
  }

  /** The pid that a process has now. */
  pidOf(name: string): number {
    const port = new URL(this.process(name).url).port;
    const listening = execFileSync('ss', ['-Hltnp', `sport = :${port}`], { encoding: 'utf8' });
    return Number(/pid=(\d+)/.exec(listening)?.[1] ?? this.process(name).pid);
  }

  /** Runs SQL as the owner of the database. */
  async execute(sql: string): Promise<void> {
    await query(this.database.embedded.url, sql);
  }

  /** How many starts of a host's processes Prometheus has seen. */
  startsSeen(host: string): Promise<number> {
    return this.#sumOf(`changes(process_start_time_seconds{job="hosts",host="${host}"}[15m])`);
  }

  /** Waits until it has seen more than before. */
  async untilStartsSeen(host: string, before: number): Promise<void> {
    await until(async () => (await this.startsSeen(host)) > before, `Prometheus sees no start of ${host}`);
  }

  /** Waits until Prometheus has metrics of every process. */
  async untilWatched(): Promise<void> {
    const { length } = this.topology.hosts;
    await until(async () => (await this.#sumOf('up{job="hosts"}')) === length, 'Prometheus misses a process');
  }

  /** The sum of the samples that a query has now. */
  async #sumOf(query: string): Promise<number> {
    const response = await fetch(
      `${this.prometheus}/api/v1/query?${new URLSearchParams({ query }).toString()}`,
    );
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    return data.result.reduce((sum, { value: [, count] }) => sum + Number(count), 0);
  }

  /** Alerts that Alertmanager has. */
  async firing(): Promise<{ name: string; labels: Readonly<Record<string, string>> }[]> {
    const response = await fetch(`${this.alertmanager}/api/v2/alerts`);
    const alerts = (await response.json()) as { labels: Record<string, string> }[];
    return alerts.map(({ labels }) => ({ name: labels['alertname']!, labels }));
  }
}

async function until(isSo: () => Promise<boolean>, message: string): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(message);
    await pause(500);
  }
}
