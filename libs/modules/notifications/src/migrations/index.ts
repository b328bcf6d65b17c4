import { createEventTables } from '@tearline/events';
import { CreateNotifications1767000000000 } from './1767000000000-create-notifications.js';

export const migrations = [CreateNotifications1767000000000, createEventTables('notifications')];
