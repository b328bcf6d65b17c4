import { killCases } from './kills.js';
import { killSpecs } from './shared-kill-specs.fixture.js';

const everyStep = killCases('redis', { processes: 1, servers: 2 });
/** Points whose behaviour depends on the server of the queues. */
const names = ['selected', 'enqueued', 'handled', 'job-committed'];

killSpecs(
  'redis',
  everyStep.filter(({ victim, point }) => victim !== 'PostgreSQL' && names.includes(point)),
);
