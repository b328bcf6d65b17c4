import { afterAll, beforeAll, expect, it } from 'vitest';
import { observe } from '../faults/degradation/observe.js';
import { Site } from '../faults/degradation/site.js';
import { documentedOutcomes } from '../faults/degradation/table.js';
import { type RunningTopology, startTopology } from '../support/running-topology.js';

/** `npm run degradation` takes away every module, and writes the guide. */
let topology: RunningTopology;
let site: Site;
beforeAll(async () => {
  topology = await startTopology('microservices', {
    env: { CACHE: 'memory', LOG_LEVEL: 'error', MEDIA_UPLOADS_PER_MINUTE: '1000' },
  });
  site = await Site.fill(topology.url);
});
afterAll(() => topology?.stop());

it(
  'while identity is killed, each operation fails or degrades as the guide says',
  { timeout: 240_000 },
  async () => {
    const outcomes = await observe(topology, site, 'identity', 'killed');
    expect(outcomes).toEqual(documentedOutcomes('identity'));
    const failing = Object.keys(outcomes).filter((name) => outcomes[name] === 'fails');
    expect(failing).toEqual(
      site.operations.filter(({ module }) => module === 'identity').map(({ name }) => name),
    );
  },
);
