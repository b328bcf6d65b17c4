import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  type ClientOf,
  type Contract,
  type RemoteHostTuning,
  SeamModule,
  type SeamModuleOptions,
  type SeamObserver,
  seamServer,
  type SeamServerOptions,
} from '../index.js';
import { ProbeContract } from './probe-contract.fixture.js';
import { ProbeModule } from './probe-service.fixture.js';

export const SECRET = 'a secret between these hosts';

/** Records what a seam reports to its observer. */
export class Watcher implements SeamObserver {
  readonly calls: string[] = [];
  readonly errors: string[] = [];
  readonly events: string[] = [];

  callRecorder(...names: string[]) {
    return (outcome: string) => void this.calls.push([...names, outcome].join(' '));
  }

  unexpectedError(contract: string, method: string, error: unknown) {
    this.errors.push(`${contract}.${method}: ${error instanceof Error ? error.message : String(error)}`);
  }

  retried(contract: string, method: string, reason: string) {
    this.events.push(`retry ${contract}.${method} ${reason}`);
  }

  ejected(address: string, reason: string) {
    this.events.push(`ejected ${address} ${reason}`);
  }

  restored(address: string) {
    this.events.push(`restored ${address}`);
  }

  incompatible(_address: string, message: string) {
    this.events.push(`incompatible ${message}`);
  }

  connectionRejected(_peer: string, reason: string) {
    this.events.push(`refused ${reason}`);
  }
}

export async function openApp(seam: SeamModuleOptions, ...modules: Type[]) {
  @Module({ imports: [SeamModule.forRoot(seam), ...modules] })
  class Root {}
  const app = await NestFactory.create(Root, new FastifyAdapter(), { logger: false, abortOnError: false });
  return app.init();
}

/** A process-like app that answers the probe contract, or another one, over TCP. */
export async function openCallee(
  seam: Partial<SeamModuleOptions> = {},
  server: Partial<SeamServerOptions> = {},
  module: Type = ProbeModule,
) {
  const app = await openApp({ local: [ProbeContract], ...seam }, module);
  const running = await seamServer(app, { port: 0, credential: { secret: SECRET }, ...server });
  return { app, server: running, address: `127.0.0.1:${running.port}`, close: () => app.close() };
}

/** An app that calls the probe contract, or another one, at these addresses. */
export async function openCaller<C extends Contract = typeof ProbeContract>(
  addresses: readonly string[],
  seam: Partial<SeamModuleOptions> = {},
  tuning: RemoteHostTuning = {},
  contract: C = ProbeContract as unknown as C,
) {
  const app = await openApp({
    local: [],
    remote: [{ contracts: [contract], addresses, tuning }],
    credential: { secret: SECRET },
    ...seam,
  });
  return { app, client: app.get<ClientOf<C>>(contract.token), close: () => app.close() };
}
