import { casesOf } from './cases.js';
import { itSurvives } from './kills.fixture.js';

const everyStep = casesOf('redis', { processes: 1, servers: 2 });
/** Where it makes a difference what the queues are on. */
const steps = ['claimed', 'enqueued', 'handled', 'worked'];

itSurvives(
  'redis',
  everyStep.filter(({ victim, point }) => victim !== 'PostgreSQL' && steps.includes(point)),
);
