import { createHash } from 'node:crypto';

/** PostgreSQL cuts longer names, without an error. */
const MAX_NAME_BYTES = 63;
const HASH_LENGTH = 8;

/**
 * Returns the name of a module's role, `<database>_<module>`. All databases of a server share its roles, so the name of
 * the database tells those of two deployments apart.
 */
export function roleName(database: string, module: string): string {
  const name = `${database}_${module.replaceAll('-', '_')}`;
  const bytes = Buffer.from(name);
  if (bytes.length <= MAX_NAME_BYTES) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH);
  const start = bytes.subarray(0, MAX_NAME_BYTES - HASH_LENGTH - 1).toString();
  // Without the half of a character at the cut.
  return `${start.replace(/\uFFFD$/, '')}_${hash}`;
}
