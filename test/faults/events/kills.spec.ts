import { killCases } from './kills.js';
import { killSpecs } from './shared-kill-specs.fixture.js';

const everyStep = killCases('postgres', { processes: 1, servers: 1 });

killSpecs(
  'postgres',
  everyStep.filter(({ victim, point }) => victim !== 'PostgreSQL' || ['committed', 'effect'].includes(point)),
);
