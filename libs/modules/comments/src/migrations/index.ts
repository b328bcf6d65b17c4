import { createPurgeTable } from '@tearline/cache';
import { createEventTables } from '@tearline/events';
import { CreateComments1764000000000 } from './1764000000000-create-comments.js';

export const migrations = [
  CreateComments1764000000000,
  createEventTables('comments'),
  createPurgeTable('comments'),
];
