import { openApp, openCallee, openCaller, Watcher } from './apps.fixture.js';
import { forkCallee } from './forked-callee.fixture.js';
import { type Probe, ProbeContract } from './probe-contract.fixture.js';
import { ProbeModule } from './probe-service.fixture.js';

/** Where the callee is, as the caller's test sees it. */
export interface Placed {
  readonly probe: Probe;
  readonly caller: Watcher;
  /** What the callee's observer called unexpected. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}

/** The three places that a callee can have. The body of a test must not care which. */
export const placements: { name: string; open: () => Promise<Placed> }[] = [
  {
    name: 'local, checked',
    open: async () => {
      const caller = new Watcher();
      const app = await openApp({ local: [ProbeContract], checked: true, observer: caller }, ProbeModule);
      const probe = app.get<Probe>(ProbeContract.token);
      return { probe, caller, errors: caller.errors, close: () => app.close() };
    },
  },
  {
    name: 'remote, in one process',
    open: async () => {
      const [caller, callee] = [new Watcher(), new Watcher()];
      const answering = await openCallee({ observer: callee });
      const asking = await openCaller([answering.address], { observer: caller });
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
  },
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
