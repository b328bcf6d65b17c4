import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { MemoryAnswerCache } from './answers/memory-answer-cache.js';
import { Carriers } from './call/carriers.js';
import { DeadlineTracker } from './call/deadline-tracker.js';
import { ContractError } from './call/errors.js';
import { type BoundMethod, PlacedMethod, type SeamRuntime } from './call/placed-method.js';
import { traced } from './call/traced-method.js';
import { withIdempotency } from './call/with-idempotency.js';
import { type Contract, isPositional } from './contract/contract.js';
import { checked } from './local/checked-method.js';
import { implementationOf, type Methods } from './local/implementation.js';
import { bindLocal } from './local/local-binding.js';
import { inSeparateContext } from './local/separate-context.js';
import { orLogging } from './logging-observer.js';
import { withMicroservices } from './remote/with-microservices.js';
import type { Exposed } from './remote/server/served-call.js';
import { injectedContracts } from './seam.decorators.js';
import { optionsProviders, type SeamModuleAsyncOptions } from './seam-module-async-options.js';
import type { ComposedOptions, SeamModuleOptions } from './seam-module-options.js';

/** A client is empty until it is bound, so that modules may inject one another's in a circle. */
type Clients = ReadonlyMap<symbol, Methods>;

const OPTIONS = Symbol('seam options');
const CONTRACTS = Symbol('seam contracts');
const CLIENTS = Symbol('seam clients');

/**
 * Binds every `@Seam(Contract)` to the provider that `@Implements(Contract)` marks, or to another process. That
 * happens when the application starts, before the other modules' own `onModuleInit`; a contract that cannot be
 * bound stops the start.
 */
@Module({})
export class SeamModule implements OnModuleInit, OnApplicationShutdown {
  /** What a server of this process may expose: its local contracts. @internal */
  readonly exposed: Exposed[] = [];
  /** What the bindings of this process share. @internal */
  readonly runtime: SeamRuntime;
  readonly #closing: (() => void)[] = [];

  /** @throws ContractError when a contract is placed twice, or was not announced */
  constructor(
    /** @internal */
    @Inject(OPTIONS) readonly options: ComposedOptions,
    @Inject(CONTRACTS) private readonly contracts: readonly Contract[],
    @Inject(CLIENTS) private readonly clients: Clients,
    private readonly discovery: DiscoveryService,
  ) {
    const { defaultTimeout = 10_000, idempotency, consistency = 'session' } = options;
    const observer = orLogging(options.observer);
    const carriers = new Carriers(options.carriers);
    const answers = options.answers === false ? undefined : (options.answers ?? new MemoryAnswerCache());
    this.runtime = {
      deadlines: new DeadlineTracker(),
      observer,
      defaultTimeout,
      idempotency,
      answers,
      consistency,
      carriers,
      tracer: options.tracer,
    };
    for (const { name, token } of placedBy(options))
      if (!clients.has(token))
        throw new ContractError(
          `contract '${name}' is placed, but is not among the contracts of SeamModule.forRootAsync()`,
        );
  }

  /** @throws ContractError when a contract is placed twice */
  static forRoot(options: SeamModuleOptions): DynamicModule {
    return seamModule(placedBy(options), [{ provide: OPTIONS, useValue: options }]);
  }

  /**
   * Takes its options from a factory, as other modules of Nest do.
   * @throws ContractError at start, when a contract is placed twice, or not listed in `contracts`
   * @example
   * SeamModule.forRootAsync({
   *   contracts: [StockContract],
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ local: [StockContract], checked: config.get('SEAM_CHECKED') }),
   * })
   */
  static forRootAsync(options: SeamModuleAsyncOptions): DynamicModule {
    return seamModule(options.contracts, optionsProviders(OPTIONS, options), options.imports);
  }

  async onModuleInit(): Promise<void> {
    for (const contract of this.options.local) this.#bindLocal(contract);
    await this.#bindRemote();
    this.#refuseUnplaced();
  }

  /** After the other modules' hooks, which may still call. */
  onApplicationShutdown(): void {
    for (const close of this.#closing.splice(0)) close();
  }

  #bindLocal(contract: Contract): void {
    const provider = implementationOf(contract, this.discovery);
    const implementations: Record<string, BoundMethod> = {};
    for (const key of Object.keys(contract.methods)) {
      const placed = new PlacedMethod(this.runtime, contract, key, 'local');
      const direct: BoundMethod = isPositional(placed.method)
        ? (args) => provider[key]!(...(args as unknown[]))
        : (input) => provider[key]!(input);
      const store = placed.method.kind === 'command' ? this.runtime.idempotency : undefined;
      const implementation = store ? withIdempotency(placed, direct, store) : direct;
      const here = traced(placed, 'server', 'local', implementation);
      const call = this.options.checked ? checked(placed, inSeparateContext(placed, here)) : here;
      this.#bind(contract, key, traced(placed, 'client', 'local', bindLocal(placed, call)));
      implementations[key] = traced(placed, 'server', 'remote', implementation);
    }
    this.exposed.push({ contract, implementations });
  }

  /** A process without a remote contract does not load what it takes to reach one. */
  async #bindRemote(): Promise<void> {
    const { remote = [], credential } = this.options;
    if (remote.length === 0) return;
    const { bindRemoteHost } = await withMicroservices(() => import('./remote/client/remote-binding.js'));
    for (const host of remote)
      this.#closing.push(
        bindRemoteHost(this.runtime, host, credential, (contract, key, method) =>
          this.#bind(contract, key, method),
        ),
      );
  }

  #bind({ token, methods }: Contract, key: string, method: BoundMethod): void {
    this.clients.get(token)![key] = isPositional(methods[key]!) ? (...args) => method(args) : method;
  }

  /** A contract may be left unplaced as long as no class injects it. Its client, got by its token, rejects with the reason. */
  #refuseUnplaced(): void {
    const placed = new Set(placedBy(this.options).map(({ token }) => token));
    const classes = [...this.discovery.getProviders(), ...this.discovery.getControllers()].map(
      ({ metatype }) => metatype,
    );
    for (const contract of this.contracts.filter(({ token }) => !placed.has(token))) {
      const remedy =
        this.options.explain?.(contract) ?? 'list it as `local` or `remote` in the options of SeamModule';
      const message = `contract '${contract.name}' is neither local nor remote in this process: ${remedy}`;
      const injecting = classes.find((each) =>
        injectedContracts(each).some(({ token }) => token === contract.token),
      );
      if (injecting) throw new ContractError(`${message} (${injecting.name} injects it)`);
      for (const key of Object.keys(contract.methods))
        this.#bind(contract, key, () => Promise.reject(new ContractError(message)));
    }
  }
}

function placedBy({ local, remote = [] }: SeamModuleOptions): Contract[] {
  const contracts = [...local, ...remote.flatMap((host) => host.contracts)];
  const tokens = new Set<symbol>();
  for (const { name, token } of contracts) {
    if (tokens.has(token)) throw new ContractError(`contract '${name}' is placed twice`);
    tokens.add(token);
  }
  return contracts;
}

function seamModule(
  contracts: readonly Contract[],
  options: Provider[],
  imports: DynamicModule['imports'] = [],
): DynamicModule {
  const clients = new Map(contracts.map(({ token }): [symbol, Methods] => [token, {}]));
  return {
    module: SeamModule,
    global: true,
    imports: [DiscoveryModule, ...imports],
    providers: [
      ...options,
      { provide: CONTRACTS, useValue: contracts },
      { provide: CLIENTS, useValue: clients },
      ...[...clients].map(([token, client]) => ({ provide: token, useValue: client })),
    ],
    exports: [...clients.keys()],
  };
}
