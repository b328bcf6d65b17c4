import type { Topology } from '@tearline/topology';
import type { Environment } from './environment.js';
import type { ByKind } from './measure/resource-usage.js';
import type { Round } from './measure/round.js';
import type { WarmUp } from './measure/warm-up.js';
import type { Fault, ServerFault } from './schedule.js';

/** The rounds of one topology. */
export interface Measurements {
  readonly warmUp: WarmUp;
  /** CPU milliseconds a request, of the hosts, in the first requests after the others' turns. */
  readonly resumed: readonly number[];
  readonly saturation: readonly Round[];
  /** The rounds of each rate. */
  readonly paced: readonly (readonly Round[])[];
  /** MiB after each round. */
  readonly memory: readonly ByKind[];
  /** CPU milliseconds a second without requests. */
  readonly idle: ByKind;
}

/** The effect of a slower network between the hosts of one topology. */
export interface NetworkResult {
  /** Bytes between hosts a request, both ways. */
  readonly bytes: number;
  readonly delays: readonly { readonly milliseconds: number; readonly rounds: readonly Round[] }[];
}

/** The effect of a fault on clients. */
export interface Impact {
  readonly requests: number;
  /** Requests by endpoint, and those without a 2xx response in time. */
  readonly sent: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, number>>;
  /** Seconds from the fault to the last request that failed. */
  readonly seconds: number;
  readonly p99: number;
}

/** A fault of one process of a host. */
export interface HostFaultImpact extends Impact {
  readonly host: string;
  readonly fault: Fault;
}

/** A fault of a server that all hosts share. */
export interface ServerFaultImpact extends Impact {
  readonly server: string;
  readonly fault: ServerFault;
}

/** Starts of one process of a host, until it is ready. */
export interface StartResult {
  readonly host: string;
  readonly modules: readonly string[];
  readonly milliseconds: readonly number[];
  readonly cpu: readonly number[];
  readonly memoryMiB: readonly number[];
}

/** A host with twice as many processes. */
export interface ScalingResult {
  /** The module whose work is measured, and the host that does it. */
  readonly module: string;
  readonly host: string;
  readonly modules: readonly string[];
  /** Units of work a second, before and after. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** The cost of the added processes. */
  readonly memoryMiB: number;
  readonly idleMsPerSecond: number;
  readonly connections: number;
}

/** An edit of a module, built and rolled out. */
export interface DeployResult {
  readonly module: string;
  readonly hosts: readonly string[];
  readonly processes: number;
  readonly totalProcesses: number;
  readonly buildSeconds: number;
  readonly rolloutSeconds: number;
  readonly requests: number;
  /** Requests that failed, by endpoint and status. */
  readonly failures: Readonly<Record<string, number>>;
  /** Bytes of the built code, compressed, once for each process. */
  readonly bytes: number;
}

/** Of `report.json`: changes with what it holds, and with how that is measured. */
export const REPORT_VERSION = 4;

/** The results of a run: `report.json`. */
export interface Results {
  readonly version: typeof REPORT_VERSION;
  readonly environment: Environment;
  readonly topologies: readonly Topology[];
  /** Requests a second at each share of the smallest throughput. */
  readonly rates: readonly number[];
  /** By topology, as all that follows; the first one also under `REPEATED`. */
  readonly measured: Readonly<Record<string, Measurements>>;
  readonly network: Readonly<Record<string, NetworkResult>>;
  readonly faults: Readonly<Record<string, readonly HostFaultImpact[]>>;
  /** Of containers only. */
  readonly serverFaults: Readonly<Record<string, readonly ServerFaultImpact[]>>;
  readonly starts: Readonly<Record<string, readonly StartResult[]>>;
  readonly scaling: Readonly<Record<string, readonly ScalingResult[]>>;
  readonly deploys: Readonly<Record<string, DeployResult>>;
}
