import type { Type } from '@nestjs/common';
import type { ClientOf, Contract } from '../index.js';
import { openApp, openCallee, openCaller, Watcher } from './apps.fixture.js';
import { forkCallee } from './forked-callee.fixture.js';
import { ProbeContract } from './probe-contract.fixture.js';
import { ProbeModule } from './probe-service.fixture.js';

/** Where the callee is, as the caller's test sees it. */
export interface Placed<C extends Contract = typeof ProbeContract> {
  readonly probe: ClientOf<C>;
  readonly caller: Watcher;
  /** What the callee's observer called unexpected. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}

/** A kind of place for a callee. */
export interface Place<C extends Contract> {
  readonly name: string;
  readonly open: () => Promise<Placed<C>>;
}

const inThisProcess = <C extends Contract>(contract: C, module: Type, checked: boolean): Place<C> => ({
  name: checked ? 'local, checked' : 'local',
  open: async () => {
    const caller = new Watcher();
    const app = await openApp({ local: [contract], checked, observer: caller }, module);
    const probe = app.get<ClientOf<C>>(contract.token);
    return { probe, caller, errors: caller.errors, close: () => app.close() };
  },
});

const overTheWire = <C extends Contract>(contract: C, module: Type): Place<C> => ({
  name: 'remote, in one process',
  open: async () => {
    const [caller, callee] = [new Watcher(), new Watcher()];
    const answering = await openCallee({ local: [contract], observer: callee }, {}, module);
    const asking = await openCaller([answering.address], { observer: caller }, {}, contract);
    return {
      probe: asking.client,
      caller,
      errors: callee.errors,
      close: async () => {
        await asking.close();
        await answering.close();
      },
    };
  },
});

/** The places that a callee of any contract can have in this process. The body of a test must not care which. */
export const placementsOf = <C extends Contract>(contract: C, module: Type): readonly Place<C>[] => [
  inThisProcess(contract, module, false),
  inThisProcess(contract, module, true),
  overTheWire(contract, module),
];

/** The three places that the callee of the probe contract can have. */
export const placements: readonly Place<typeof ProbeContract>[] = [
  inThisProcess(ProbeContract, ProbeModule, true),
  overTheWire(ProbeContract, ProbeModule),
  {
    name: 'remote, in processes of their own',
    open: async () => {
      const caller = new Watcher();
      const answering = await forkCallee();
      const asking = await openCaller([answering.address], { observer: caller });
      return {
        probe: asking.client,
        caller,
        errors: answering.errors,
        close: async () => {
          await asking.close();
          await answering.end('SIGTERM');
        },
      };
    },
  },
];
