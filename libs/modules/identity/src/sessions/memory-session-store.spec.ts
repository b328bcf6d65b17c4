import { MemorySessionStore } from './memory-session-store.js';
import { sessionStoreSpecs } from './session-store-specs.fixture.js';

const store = new MemorySessionStore();
let users = 0;
sessionStoreSpecs(
  'memory',
  () => store,
  () => (users += 1),
);
