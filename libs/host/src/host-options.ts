import type { DynamicModule, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type {
  AnswerCache,
  ConsistencyLevel,
  Credential,
  IdempotencyStore,
  ModuleManifest,
  RemoteHostOptions,
  SeamServerOptions,
  SessionStore,
  Tracer,
} from '@tearline/seam';
import type { DestinationStream } from 'pino';
import type { About } from './about.js';
import type { HostSettings } from './settings/host-settings.js';
import type { ResponseCache } from './requests/response-cache.js';
import type { ReadinessCheck } from './health/readiness.js';

/** The parts of a host. */
export interface HostOptions {
  /** The modules that it runs. {@link createHost} loads their code. */
  modules: readonly ModuleManifest[];
  /** Nest modules that they share: databases, token checks, … */
  imports?: readonly (DynamicModule | Type)[];
  settings: HostSettings;
  /** Hosts that implement the contracts which the modules use and this host does not implement. */
  remote?: readonly RemoteHostOptions[];
  /** The RPC server for calls by other hosts; without it they cannot call. Listens on the address of HTTP by default. */
  server?: Omit<SeamServerOptions, 'credential'>;
  /** Authenticates the hosts to each other; required with `remote` or `server`. */
  credential?: Credential;
  /** Stores the replies of commands with an idempotency key. */
  idempotency?: IdempotencyStore;
  /** Keeps answers of other hosts; `false` keeps none. In the memory of this process by default. */
  answers?: AnswerCache | false;
  /** The consistency of requests that choose none; `session` by default. */
  consistency?: ConsistencyLevel;
  /** Stores the positions of each caller's writes, for read-your-writes consistency. */
  sessions?: SessionStore;
  /** Records requests and calls as spans of traces. */
  tracer?: Tracer;
  /** Responses that are sent without running a route's handler. */
  responseCache?: (app: NestFastifyApplication) => ResponseCache | undefined;
  /** What the pages `/` and `/docs` say of the application; by default, what this host knows of itself. */
  about?: About;
  /** The checks of `/health/ready`, by name. Each must resolve within two seconds. */
  readiness?: (app: NestFastifyApplication) => Record<string, ReadinessCheck>;
  /** Destination of the logs; standard output by default. */
  log?: DestinationStream;
  /** Gets the lines too. */
  logStream?: LogStream;
}

/** A second destination of the log, from which it can be searched. It takes lines without waiting. */
export interface LogStream extends DestinationStream {
  /** Lines that it could not keep. */
  readonly dropped: number;
  /** Bytes that wait on the disk. */
  readonly spooledBytes: number;
  /** Whether it takes no lines, as far as is known. */
  readonly isAway: boolean;
  /** Sets the function that gets what the log should say of the stream. */
  onReport(report: (report: LogStreamReport) => void): void;
  /** Hands over what is buffered, synchronously, before the process exits; gives up after a while. */
  flush(): void;
}

export interface LogStreamReport {
  readonly level: 'info' | 'warn';
  readonly fields: object;
  readonly message: string;
}
