import { migrateOtherSchema } from '@tearline/database';
import { migrateQueues as migrator } from '@tearline/events';

/** Brings the queues of a database up to date; returns the number of migrations that ran. */
export const migrateQueues = (ownerUrl: string, url: string, log?: (line: string) => void): Promise<number> =>
  migrateOtherSchema(ownerUrl, { name: 'queues', url, migrator }, log);
