import { killCases } from './kills.js';
import { killSpecs } from './shared-kill-specs.fixture.js';

/** Steps of an event that takes no queue; kills.spec covers relays and jobs. */
const OWN_STEPS = ['committed', 'taken', 'handling', 'effect', 'handled', 'confirming'];

const everyStep = killCases('none', { processes: 1, servers: 1 });

killSpecs(
  'none',
  everyStep.filter(({ victim, point }) => (victim === 'PostgreSQL' ? ['taken'] : OWN_STEPS).includes(point)),
);
