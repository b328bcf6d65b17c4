import pg from 'pg';
import type { Server } from './server.js';

/** Gives a module's schema at `to` the identity of the deployment and the keys that it has at `from`. */
export async function copyDeployment(from: Server, to: Server, schema: string): Promise<void> {
  const name = pg.escapeIdentifier(schema);
  const { rows: deployments } = await from.owner.query<{ id: string }>(`select id from ${name}.deployment`);
  const { rows: keys } = await from.owner.query<{
    module: string;
    public_key: string;
    private_key: string | null;
  }>(`select module, public_key, private_key from ${name}.module_keys`);
  await to.owner.query('begin');
  try {
    await to.owner.query(`delete from ${name}.deployment`);
    await to.owner.query(`delete from ${name}.module_keys`);
    for (const { id } of deployments)
      await to.owner.query(`insert into ${name}.deployment values ($1, $2, $3)`, [
        id,
        to.cluster,
        to.database,
      ]);
    for (const { module, public_key, private_key } of keys)
      await to.owner.query(`insert into ${name}.module_keys values ($1, $2, $3)`, [
        module,
        public_key,
        private_key,
      ]);
    await to.owner.query('commit');
  } catch (error) {
    await to.owner.query('rollback');
    throw error;
  }
}
