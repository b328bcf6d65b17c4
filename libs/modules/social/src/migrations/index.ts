import { createEventTables } from '@tearline/events';
import { CreateFollows1764000000000 } from './1764000000000-create-follows.js';

export const migrations = [CreateFollows1764000000000, createEventTables('social')];
