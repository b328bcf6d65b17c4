import { type DynamicModule, Inject, Module, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { checked } from './local/checked-method.js';
import type { Contract } from './contract/contract.js';
import { Flights } from './call/flights.js';
import { implementationOf } from './local/implementation.js';
import { bindLocal } from './local/local-binding.js';
import type { BoundMethod, SeamRuntime } from './call/bound-method.js';
import { honourKeys } from './call/honour-keys.js';
import type { IdempotencyStore } from './call/idempotency-store.js';
import { type SeamObserver, SILENT_OBSERVER } from './seam-observer.js';

/** How one process places its contracts. */
export interface SeamModuleOptions {
  /** Contracts that a provider in this process answers. */
  local: readonly Contract[];
  /** Sends local calls through the codec and throws at what a wire would change; for tests and development. */
  checked?: boolean;
  /** Milliseconds for a call that nobody set a deadline for; 10,000 by default. */
  defaultTimeout?: number;
  observer?: SeamObserver;
  /** Honours the idempotency keys of commands that this process answers. */
  idempotency?: IdempotencyStore;
}

type Client = Record<string, BoundMethod>;
type Seat = { contract: Contract; client: Client };

const SEATS = Symbol('seam seats');
const RUNTIME = Symbol('seam runtime');
const CHECKED = Symbol('seam checked mode');

/**
 * Binds every `@Seam(Contract)` to the provider that `@Implements(Contract)` marks. That happens when the
 * application starts, before the other modules' own `onModuleInit`; a contract that cannot be bound stops the start.
 */
@Module({})
export class SeamModule implements OnModuleInit {
  constructor(
    @Inject(SEATS) private readonly seats: readonly Seat[],
    @Inject(RUNTIME) private readonly runtime: SeamRuntime,
    @Inject(CHECKED) private readonly checked: boolean,
    private readonly discovery: DiscoveryService,
  ) {}

  static forRoot({
    local,
    checked = false,
    defaultTimeout = 10_000,
    observer,
    idempotency,
  }: SeamModuleOptions): DynamicModule {
    // A client is empty until it is bound, so that modules may inject one another's in a circle.
    const seats: Seat[] = local.map((contract) => ({ contract, client: {} }));
    const runtime: SeamRuntime = {
      flights: new Flights(),
      observer: observer ?? SILENT_OBSERVER,
      defaultTimeout,
      idempotency,
    };
    return {
      module: SeamModule,
      global: true,
      imports: [DiscoveryModule],
      providers: [
        { provide: SEATS, useValue: seats },
        { provide: RUNTIME, useValue: runtime },
        { provide: CHECKED, useValue: checked },
        ...seats.map(({ contract, client }) => ({ provide: contract.token, useValue: client })),
      ],
      exports: local.map(({ token }) => token),
    };
  }

  onModuleInit(): void {
    for (const { contract, client } of this.seats) {
      const provider = implementationOf(contract, this.discovery);
      for (const [key, method] of Object.entries(contract.methods)) {
        const direct: BoundMethod = (input) => provider[key]!(input);
        const store = method.kind === 'command' ? this.runtime.idempotency : undefined;
        const implementation = store ? honourKeys(contract, key, direct, store) : direct;
        const call = this.checked ? checked(contract, key, method, implementation) : implementation;
        client[key] = bindLocal(this.runtime, contract, key, method, call);
      }
    }
  }
}
