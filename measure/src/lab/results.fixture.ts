import { moduleNames } from '@tearline/modules';
import type { Topology } from '@tearline/topology';
import type { ByKind } from './measure/resource-usage.js';
import type { Round } from './measure/round.js';
import {
  REPORT_VERSION,
  type DeployResult,
  type HostFaultImpact,
  type Measurements,
  type Results,
  type ScalingResult,
  type StartResult,
} from './results.js';
import { DELAYS, SHARES } from './schedule.js';
import { REPEATED } from './target.js';

const none: ByKind = { hosts: 0, nginx: 0, postgres: 0, redis: 0 };

/** The figures of a topology in a sample run. */
export interface SampleFigures {
  /** Milliseconds of CPU a request. */
  readonly cpu?: number;
  readonly p50?: number;
  readonly memory?: number;
  readonly throughput?: number;
  /** The deviation of the rounds from the median, as a share. */
  readonly jitter?: number;
  /** Failed requests of each round. */
  readonly errors?: number;
}

export function sampleRound(more: Partial<Round> = {}): Round {
  return {
    requests: 1000,
    perSecond: 500,
    p50: 2,
    p95: 4,
    p99: 8,
    errors: 0,
    cpu: none,
    local: 1,
    remote: 0,
    delay: 0.2,
    ...more,
  };
}

export function sampleMeasurements({
  cpu = 1,
  p50 = 2,
  memory = 200,
  throughput = 500,
  jitter = 0.02,
  errors = 0,
}: SampleFigures = {}): Measurements {
  const rounds = [1 - jitter, 1, 1 + jitter].map((times) =>
    sampleRound({
      p50: p50 * times,
      p95: 2 * p50 * times,
      p99: 4 * p50 * times,
      errors,
      perSecond: throughput * times,
      cpu: { ...none, hosts: cpu * times },
    }),
  );
  return {
    warmUp: { requests: 1000, cpu: [2 * cpu, cpu], perSecond: throughput },
    resumed: [1.5 * cpu, 1.5 * cpu],
    saturation: rounds,
    paced: SHARES.map(() => rounds),
    memory: rounds.map(() => ({ ...none, hosts: memory })),
    idle: { ...none, hosts: 5 },
  };
}

export const faultImpact = (more: Partial<HostFaultImpact> = {}): HostFaultImpact => ({
  host: 'app',
  fault: 'kill',
  requests: 100,
  sent: { list: 50, login: 50 },
  failed: {},
  seconds: 0,
  p99: 20,
  ...more,
});

export const scalingResult = (more: Partial<ScalingResult> = {}): ScalingResult => ({
  module: 'identity',
  host: 'app',
  modules: ['identity', 'articles'],
  before: [10],
  after: [19],
  memoryMiB: 100,
  idleMsPerSecond: 3,
  connections: 10,
  ...more,
});

export const deployResult = (more: Partial<DeployResult> = {}): DeployResult => ({
  module: 'articles',
  hosts: ['app'],
  processes: 2,
  totalProcesses: 2,
  buildSeconds: 10,
  rolloutSeconds: 8,
  requests: 1000,
  failures: {},
  bytes: 1_048_576,
  ...more,
});

/** A topology whose hosts share the modules. */
const topology = (name: string, hosts: number): Topology => ({
  name,
  hosts: Array.from({ length: hosts }, (_, index) => ({
    name: `host${index}`,
    modules: moduleNames.filter((_module, place) => place % hosts === index),
    replicas: 1,
    balance: 'least_conn' as const,
    serve: ['http', 'rpc', 'jobs'],
  })),
});

/** A run that compares `whole` with `split`. */
export function sampleResults(
  {
    whole = {},
    repeated = whole,
    split = {},
  }: { whole?: SampleFigures; repeated?: SampleFigures; split?: SampleFigures } = {},
  more: Partial<Results> = {},
): Results {
  return {
    version: REPORT_VERSION,
    environment: {
      startedAt: '2026-01-01T00:00:00.000Z',
      minutes: 30,
      quick: false,
      containers: false,
      processor: '2 × some processor',
      memoryMiB: 8192,
      system: 'Linux 6',
      node: '24.0.0',
      postgres: '17.0',
      queues: 'Redis',
      cores: 'all',
      replicas: 1,
      connections: 5,
      mix: { list: 3, login: 1 },
      otherCores: 0.02,
      budget: undefined,
    },
    topologies: [topology('whole', 1), topology('split', 3)],
    rates: [150, 300, 450],
    measured: {
      whole: sampleMeasurements(whole),
      split: sampleMeasurements(split),
      [REPEATED]: sampleMeasurements(repeated),
    },
    network: {},
    faults: {},
    serverFaults: {},
    starts: {},
    scaling: {},
    deploys: {},
    ...more,
  };
}

/** A p50 that grows by `slope` milliseconds for each of the round trip. */
export const networkResults = (p50: number, slope: number): Results['network'] => ({
  split: {
    bytes: 2048,
    delays: DELAYS.map((milliseconds) => ({
      milliseconds,
      rounds: [sampleRound({ p50: p50 + slope * milliseconds, remote: 2 })],
    })),
  },
});

export const startResult = (more: Partial<StartResult> = {}): StartResult => ({
  host: 'app',
  modules: ['identity', 'articles'],
  milliseconds: [2000],
  cpu: [1500],
  memoryMiB: [150],
  ...more,
});
