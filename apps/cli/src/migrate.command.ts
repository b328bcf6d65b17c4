import type { Command } from './command.js';
import { withDatabase } from './database.js';

export const migrateCommand: Command = {
  summary: 'brings the schemas, roles and rights of all modules up to date',
  help: `npm run migrate

Makes each module's schema and role, runs the migrations that have not run yet, and gives the roles their rights.
Several may run at once: one does the work, the others wait. Unless REDIS_URL is set, the queues' schema and role too.

  DATABASE_URL            the owner of the database, who may create schemas and roles
  <MODULE>_DATABASE_URL   the role and password that a module gets, e.g. ARTICLES_DATABASE_URL
  QUEUES_DATABASE_URL     those of the queues, which are in PostgreSQL where there is no Redis
  REDIS_URL               where the queues are; nothing is done there

In production (NODE_ENV) all of them are required. Elsewhere a missing module's URL is derived from the owner's, and
without DATABASE_URL the embedded database in TEARLINE_DIR (.tearline) is migrated.
`,
  options: {},
  run: (_, { env, note, print }) =>
    withDatabase(env, note, async ({ migrationCount }) => {
      print(
        migrationCount === 0
          ? 'Nothing to do: everything is up to date.\n'
          : `${migrationCount} migrations ran.\n`,
      );
    }),
};
