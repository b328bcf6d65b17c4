import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { DeadlineTracker } from './call/deadline-tracker.js';
import { ContractError } from './call/errors.js';
import { type BoundMethod, PlacedMethod, type SeamRuntime } from './call/placed-method.js';
import { withIdempotency } from './call/with-idempotency.js';
import type { Contract } from './contract/contract.js';
import { checked } from './local/checked-method.js';
import { implementationOf } from './local/implementation.js';
import { bindLocal } from './local/local-binding.js';
import type { Exposed } from './remote/server/served-call.js';
import type { SeamModuleOptions } from './seam-module-options.js';
import { SILENT_OBSERVER } from './seam-observer.js';

type Client = Record<string, BoundMethod>;
/** A client is empty until it is bound, so that modules may inject one another's in a circle. */
type Clients = ReadonlyMap<symbol, Client>;

const OPTIONS = Symbol('seam options');
const CLIENTS = Symbol('seam clients');

/**
 * Binds every `@Seam(Contract)` to the provider that `@Implements(Contract)` marks, or to another process. That
 * happens when the application starts, before the other modules' own `onModuleInit`; a contract that cannot be
 * bound stops the start.
 */
@Module({})
export class SeamModule implements OnModuleInit, OnApplicationShutdown {
  /** What a server of this process may expose: its local contracts. */
  readonly exposed: Exposed[] = [];
  /** What the bindings of this process share. */
  readonly runtime: SeamRuntime;
  readonly #closing: (() => void)[] = [];

  constructor(
    @Inject(OPTIONS) private readonly options: SeamModuleOptions,
    @Inject(CLIENTS) private readonly clients: Clients,
    private readonly discovery: DiscoveryService,
  ) {
    const { observer = SILENT_OBSERVER, defaultTimeout = 10_000, idempotency } = options;
    this.runtime = { deadlines: new DeadlineTracker(), observer, defaultTimeout, idempotency };
  }

  /** @throws ContractError when a contract is placed twice */
  static forRoot(options: SeamModuleOptions): DynamicModule {
    const contracts = [...options.local, ...(options.remote ?? []).flatMap((host) => host.contracts)];
    const clients = new Map<symbol, Client>();
    for (const { name, token } of contracts) {
      if (clients.has(token)) throw new ContractError(`contract '${name}' is placed twice`);
      clients.set(token, {});
    }
    const tokens = [...clients.keys()];
    return {
      module: SeamModule,
      global: true,
      imports: [DiscoveryModule],
      providers: [
        { provide: OPTIONS, useValue: options },
        { provide: CLIENTS, useValue: clients },
        ...tokens.map((token) => ({ provide: token, useValue: clients.get(token)! })),
      ],
      exports: tokens,
    };
  }

  async onModuleInit(): Promise<void> {
    for (const contract of this.options.local) this.#bindLocal(contract);
    await this.#bindRemote();
  }

  /** After the other modules' hooks, which may still call. */
  onApplicationShutdown(): void {
    for (const close of this.#closing.splice(0)) close();
  }

  #bindLocal(contract: Contract): void {
    const provider = implementationOf(contract, this.discovery);
    const implementations: Client = {};
    for (const key of Object.keys(contract.methods)) {
      const placed = new PlacedMethod(this.runtime, contract, key, 'local');
      const direct: BoundMethod = (input) => provider[key]!(input);
      const store = placed.method.kind === 'command' ? this.runtime.idempotency : undefined;
      const implementation = store ? withIdempotency(placed, direct, store) : direct;
      const call = this.options.checked ? checked(placed, implementation) : implementation;
      this.#bind(contract, key, bindLocal(placed, call));
      implementations[key] = implementation;
    }
    this.exposed.push({ contract, implementations });
  }

  /** A process without a remote contract does not load what it takes to reach one. */
  async #bindRemote(): Promise<void> {
    const { remote = [], credential } = this.options;
    if (remote.length === 0) return;
    const { bindRemoteHost } = await import('./remote/client/remote-binding.js');
    for (const host of remote)
      this.#closing.push(
        bindRemoteHost(this.runtime, host, credential, (contract, key, method) =>
          this.#bind(contract, key, method),
        ),
      );
  }

  #bind({ token }: Contract, key: string, method: BoundMethod): void {
    this.clients.get(token)![key] = method;
  }
}
