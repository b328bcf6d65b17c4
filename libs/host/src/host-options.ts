import type { DynamicModule, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type {
  Credential,
  IdempotencyStore,
  ModuleManifest,
  RemoteHostOptions,
  SeamServerOptions,
  SessionStore,
} from '@tearline/seam';
import type { DestinationStream } from 'pino';
import type { HostSettings } from './settings/host-settings.js';
import type { ResponseCache } from './requests/response-cache.js';
import type { ReadinessCheck } from './health/health.controller.js';

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
  /** Stores the positions of each caller's writes, for read-your-writes consistency. */
  sessions?: SessionStore;
  /** Responses that are sent without running a route's handler. */
  responseCache?: (app: NestFastifyApplication) => ResponseCache | undefined;
  /** HTTP addresses of other hosts whose part of the API `/docs` includes. */
  docsFrom?: readonly string[];
  /** The checks of `/health/ready`, by name. Each must resolve within two seconds. */
  readiness?: (app: NestFastifyApplication) => Record<string, ReadinessCheck>;
  /** Destination of the logs; standard output by default. */
  log?: DestinationStream;
}
