import { itSurvivesKills } from './kills.fixture.js';

itSurvivesKills('redis');
