import { createPurgeTable } from '@tearline/cache';
import { createEventTables } from '@tearline/events';
import { CreateFiles1766000000000 } from './1766000000000-create-files.js';

export const migrations = [createEventTables('media'), CreateFiles1766000000000, createPurgeTable('media')];
