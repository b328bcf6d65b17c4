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

/** What one process is made of. */
export interface HostOptions {
  /** The modules that it runs; their code is loaded now. */
  modules: readonly ModuleManifest[];
  /** What they share: databases, token checks, … */
  imports?: readonly (DynamicModule | Type)[];
  settings: HostSettings;
  /** Hosts that answer contracts which the modules use and no module here answers. */
  remote?: readonly RemoteHostOptions[];
  /** The server for calls from other hosts; without it the host takes none. By default it listens on the address of HTTP. */
  server?: Omit<SeamServerOptions, 'credential'>;
  /** What the hosts know one another by; needed with `remote` or `server`. */
  credential?: Credential;
  /** Honours the idempotency keys of commands that this host answers. */
  idempotency?: IdempotencyStore;
  /** Remembers how far its callers' own writes are, so that they read nothing older. */
  sessions?: SessionStore;
  /** Answers that are known before a route is asked. */
  responseCache?: (app: NestFastifyApplication) => ResponseCache;
  /** HTTP addresses of hosts whose part of the API this host's documentation shows as well. */
  docsFrom?: readonly string[];
  /** What must work before the host may be sent requests, by name. Each check has two seconds. */
  readiness?: (app: NestFastifyApplication) => Record<string, ReadinessCheck>;
  /** Where the logs go; standard output by default. */
  log?: DestinationStream;
}
