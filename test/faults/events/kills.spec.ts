import { casesOf } from './cases.js';
import { itSurvives } from './kills.fixture.js';

const everyStep = casesOf('postgres', { processes: 2, servers: 1 });

itSurvives(
  'postgres',
  everyStep.filter(({ victim, point }) => victim !== 'PostgreSQL' || ['committed', 'effect'].includes(point)),
);
