import { openCaller, Watcher } from '../../libs/seam/src/placement/apps.fixture.js';
import { ProbeContract } from '../../libs/seam/src/placement/probe-contract.fixture.js';
import { callSpecs } from '../../libs/seam/src/placement/semantics.fixture.js';
import { pythonCallee } from './python.js';

callSpecs([
  {
    name: 'remote, in Python',
    open: async () => {
      const caller = new Watcher();
      const answering = await pythonCallee(ProbeContract);
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
]);
