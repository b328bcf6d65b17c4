import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables of a module's schema that its role may read and not write. */
export const DEPLOYMENT_TABLES = ['deployment', 'module_keys'];

/**
 * Creates the tables with the identity of the deployment and the keys by which modules recognise what another module has
 * sent through the queues. `establishDeployment` fills them.
 */
export function createDeploymentTables(schema: string): new () => MigrationInterface {
  return class CreateDeploymentTables1700000000002 implements MigrationInterface {
    async up(runner: QueryRunner): Promise<void> {
      await runner.query(`
        -- One row. Cluster and database are those for which the id was made: elsewhere, it is in a copy.
        create table ${schema}.deployment (
          id text primary key,
          cluster text not null,
          database text not null
        );
        -- The public keys of all modules, and the private key of this one, as DER in base64.
        create table ${schema}.module_keys (
          module text primary key,
          public_key text not null,
          private_key text
        );
      `);
    }

    async down(runner: QueryRunner): Promise<void> {
      await runner.query(`drop table ${schema}.module_keys, ${schema}.deployment`);
    }
  };
}
