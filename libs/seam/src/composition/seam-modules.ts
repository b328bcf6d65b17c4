import { type DynamicModule, Inject, Logger, Module, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { ContractError } from '../call/errors.js';
import type { Contract } from '../contract/contract.js';
import type { ComposedOptions } from '../seam-module-options.js';
import type { Factory } from '../seam-module-async-options.js';
import { SeamModule } from '../seam.module.js';
import { addressesVariable, listOf, switchVariable, variable } from './environment.js';
import { findPassportGuard, isPassportStrategy } from './passport-strategies.js';
import { ListedModule, type SeamModuleEntry } from './listed-module.js';
import type { SeamHostOptions } from './seam-host-options.js';

/** Which modules a host loads, and how it reaches the others. Without a factory all of it comes from the environment. */
export interface SeamModulesOptions extends Partial<Factory<SeamHostOptions>> {
  /** Names of the modules that this host loads, separated by commas; by default the variable `MODULES`, or all. */
  modules?: string | undefined;
}

const ABSENT_STRATEGIES = Symbol('strategies of passport in modules that are not loaded');

/** Imports the modules of this host. */
@Module({ imports: [DiscoveryModule] })
class SeamModules implements OnModuleInit {
  readonly #logger = new Logger('Seam');

  constructor(
    @Inject(ABSENT_STRATEGIES) private readonly absent: readonly string[],
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
  ) {}

  /** Otherwise passport's "Unknown authentication strategy" would come with the first request. */
  onModuleInit(): void {
    const classes = [...this.discovery.getProviders(), ...this.discovery.getControllers()]
      .map(({ metatype }) => metatype)
      .filter((each): each is Type => typeof each === 'function');
    const guarded = this.absent.length > 0 ? findPassportGuard(classes) : undefined;
    if (!guarded || classes.some(isPassportStrategy)) return;
    this.#logger.warn(
      `${guarded.name} uses a guard of passport, and this host loads no strategy for it: it lacks ${this.absent.join(', ')}. Provide the strategy in a module that every host imports, beside seamModules()`,
    );
  }
}

/**
 * Loads the modules of this host: those in the variable `MODULES`, or all. Their contracts are local. The contracts of the others
 * are remote, at the addresses in `<MODULE>_ADDRESSES`.
 * @param modules all modules of the application, by name
 * @throws ContractError when `MODULES` names no module, or a module that is loaded needs what no module has
 * @example imports: [seamModules({ auth: AuthModule, mail: MailModule })]
 */
export function seamModules(
  modules: Readonly<Record<string, SeamModuleEntry>>,
  options: SeamModulesOptions = {},
): DynamicModule {
  const all = Object.entries(modules).map(([name, entry]) => new ListedModule(name, entry));
  const types = new Set(all.flatMap(({ type }) => type ?? []));
  for (const each of all) each.inspect(types);
  const loaded = chosen(all, options.modules ?? process.env['MODULES']);
  const absent = all.filter((each) => !loaded.includes(each));
  const contracts = unique(all.flatMap((each) => each.contracts));
  for (const each of loaded) {
    each.refuseImports(absent);
    each.refuseUnknown(new Set(contracts.map(({ token }) => token)));
  }
  const {
    imports = [],
    inject = [],
    useFactory = (): SeamHostOptions | Promise<SeamHostOptions> => ({}),
  } = options;
  return {
    module: SeamModules,
    providers: [{ provide: ABSENT_STRATEGIES, useValue: absent.flatMap(({ strategies }) => strategies) }],
    imports: [
      SeamModule.forRootAsync({
        contracts,
        imports,
        inject,
        useFactory: async (...args: never[]) => placed(loaded, absent, await useFactory(...args)),
      }),
      ...loaded.map(({ reference }) => reference),
    ],
    // What the root module provides itself may inject what they export, as if it imported them.
    exports: [...new Set(loaded.flatMap(({ type }) => type ?? []))],
  };
}

function chosen(all: readonly ListedModule[], names: string | undefined): ListedModule[] {
  if (names === undefined) return [...all];
  const known = all.map(({ name }) => name).join(', ');
  const wanted = listOf(names);
  if (wanted.length === 0)
    throw new ContractError(`MODULES: expected some of ${known}, got nothing; unset it to load all`);
  for (const name of wanted)
    if (!all.some((each) => each.name === name))
      throw new ContractError(`MODULES: there is no module '${name}'; expected some of ${known}`);
  return all.filter(({ name }) => wanted.includes(name));
}

/** Contracts of modules that are loaded are local. Modules at the same addresses are one host, and share its connections. */
function placed(
  loaded: readonly ListedModule[],
  absent: readonly ListedModule[],
  { addresses = {}, tuning, ...options }: SeamHostOptions,
): ComposedOptions {
  const local = unique(loaded.flatMap(({ contracts }) => contracts));
  const isLocal = new Set(local.map(({ token }) => token));
  const hosts = new Map<string, Contract[]>();
  for (const { name, contracts } of absent) {
    const given = addresses[name] ?? variable(addressesVariable(name)) ?? [];
    const key = (typeof given === 'string' ? listOf(given) : given).join();
    const remote = contracts.filter(({ token }) => !isLocal.has(token));
    if (key !== '' && remote.length > 0) hosts.set(key, [...(hosts.get(key) ?? []), ...remote]);
  }
  const secret = variable('SEAM_SECRET');
  const {
    checked = switchVariable('SEAM_CHECKED'),
    credential = secret === undefined ? undefined : { secret },
  } = options;
  if (hosts.size > 0 && credential === undefined)
    throw new ContractError(
      'SEAM_SECRET is not set: hosts that call one another need the same secret of at least 16 characters',
    );
  return {
    ...options,
    local,
    checked,
    ...(credential && { credential }),
    remote: [...hosts].map(([key, contracts]) => ({
      contracts: unique(contracts),
      addresses: key.split(','),
      ...(tuning && { tuning }),
    })),
    explain: ({ token }) => {
      const { name } = absent.find(({ contracts }) => contracts.some((each) => each.token === token))!;
      return `set ${addressesVariable(name)} to the host:port at which '${name}' runs, or add '${name}' to MODULES`;
    },
  };
}

function unique(contracts: readonly Contract[]): Contract[] {
  return [...new Map(contracts.map((contract) => [contract.token, contract])).values()];
}
