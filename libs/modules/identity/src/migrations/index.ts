import { createPurgeTable } from '@tearline/cache';
import { createEventTables } from '@tearline/events';
import { CreateUsers1764000000000 } from './1764000000000-create-users.js';
import { CanonicalNames1770000000000 } from './1770000000000-canonical-names.js';
import { CreateAttempts1771000000000 } from './1771000000000-create-attempts.js';
import { CreateSessions1780000000000 } from './1780000000000-create-sessions.js';

export const migrations = [
  CreateUsers1764000000000,
  createEventTables('identity'),
  CanonicalNames1770000000000,
  CreateAttempts1771000000000,
  createPurgeTable('identity'),
  CreateSessions1780000000000,
];
