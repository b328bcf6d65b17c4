import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { Tracing } from './tracing.js';

const TRACING = Symbol('tracing');

/** Sends the last spans of a host, after its requests, calls and handlers have ended. */
@Module({})
export class TracingModule implements OnApplicationShutdown {
  constructor(@Inject(TRACING) private readonly tracing: Tracing) {}

  /** Imported once, by an application that records traces. */
  static forRoot(tracing: Tracing): DynamicModule {
    return { module: TracingModule, providers: [{ provide: TRACING, useValue: tracing }] };
  }

  onApplicationShutdown(): Promise<void> {
    return this.tracing.close();
  }
}
