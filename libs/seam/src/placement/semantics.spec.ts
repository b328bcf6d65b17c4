import { placements } from './placements.fixture.js';
import { callSpecs } from './semantics.fixture.js';

callSpecs(placements);
