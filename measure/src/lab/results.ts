import type { Topology } from '@tearline/topology';
import type { Round } from './measure/round.js';
import type { ByKind } from './measure/resource-usage.js';
import type { Fault, ServerFault } from './schedule.js';

/** The machine, and what the run was like. */
export interface Environment {
  readonly startedAt: string;
  readonly minutes: number;
  readonly quick: boolean;
  /** Whether it ran in containers, else in processes. */
  readonly containers: boolean;
  readonly processor: string;
  readonly memoryMiB: number;
  readonly system: string;
  readonly node: string;
  readonly postgres: string;
  readonly queues: 'Redis' | 'PostgreSQL';
  readonly cores: string;
  readonly replicas: number;
  /** To the database, of each module of a process. */
  readonly connections: number;
  readonly mix: Readonly<Record<string, number>>;
  /** Cores that processes which are none of ours had in use meanwhile. */
  readonly otherCores: number;
  /** Milliseconds that half of the requests must stay within, if somebody said so. */
  readonly budget: number | undefined;
}

/** What the rounds found of one topology. */
export interface Measurements {
  readonly saturation: readonly Round[];
  /** For each rate its rounds. */
  readonly paced: readonly (readonly Round[])[];
  /** MiB after each round. */
  readonly memory: readonly ByKind[];
  /** Milliseconds of CPU a second while nobody asks. */
  readonly idle: ByKind;
}

/** What a slower network does to one topology. */
export interface NetworkResult {
  /** Bytes between hosts a request, both ways. */
  readonly bytes: number;
  readonly delays: readonly { readonly milliseconds: number; readonly rounds: readonly Round[] }[];
}

/** What clients saw of a fault. */
export interface Impact {
  readonly requests: number;
  /** By endpoint how many requests were answered otherwise than they should be, or not in time. */
  readonly failed: Readonly<Record<string, number>>;
  readonly sent: Readonly<Record<string, number>>;
  /** Seconds from the fault to the last request that failed. */
  readonly seconds: number;
  /** Milliseconds within which 99 of 100 answers came. */
  readonly p99: number;
}

/** What clients saw of a fault in one host. */
export interface HostFaultImpact extends Impact {
  readonly host: string;
  readonly fault: Fault;
}

/** What clients saw of a fault in what all hosts share. */
export interface ServerFaultImpact extends Impact {
  readonly server: string;
  readonly fault: ServerFault;
}

/** One part of a topology, doubled. */
export interface ScalingResult {
  /** The module that has the work. */
  readonly hot: string;
  /** The host that was doubled, and all that it runs. */
  readonly host: string;
  readonly modules: readonly string[];
  /** Of the work a second, before and with twice as many processes. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** What came with it. */
  readonly memoryMiB: number;
  readonly idleMsPerSecond: number;
  readonly connections: number;
}

/** An edit on its way to all traffic. */
export interface DeployResult {
  readonly module: string;
  readonly hosts: readonly string[];
  readonly processes: number;
  readonly processesInAll: number;
  readonly builtSeconds: number;
  readonly rolledSeconds: number;
  readonly requests: number;
  readonly failed: number;
  /** Of the built code, compressed, to each process that got it. */
  readonly bytes: number;
}

/** Everything that a run has found. */
export interface Results {
  readonly version: 1;
  readonly environment: Environment;
  readonly topologies: readonly Topology[];
  /** Requests a second at each share of the smallest throughput. */
  readonly rates: readonly number[];
  /** By topology; the first one again under {@link REPEATED}. */
  readonly measured: Readonly<Record<string, Measurements>>;
  readonly network: Readonly<Record<string, NetworkResult>>;
  readonly faults: Readonly<Record<string, readonly HostFaultImpact[]>>;
  /** Only of containers. */
  readonly serverFaults: Readonly<Record<string, readonly ServerFaultImpact[]>>;
  readonly scaling: Readonly<Record<string, readonly ScalingResult[]>>;
  readonly deploys: Readonly<Record<string, DeployResult>>;
}

/** The name under which the first topology is measured a second time. */
export const REPEATED = 'the first again';
