import { createEventTables } from '@tearline/events';
import { CreateUsers1764000000000 } from './1764000000000-create-users.js';

export const migrations = [CreateUsers1764000000000, createEventTables('identity')];
