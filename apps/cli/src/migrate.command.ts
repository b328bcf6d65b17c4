import type { DeploymentChange } from '@tearline/database';
import { script } from '@tearline/process';
import { Option } from 'commander';
import type { CliContext } from './context.js';
import { withDatabase } from './database.js';

export const migrateCommand = (context: CliContext) =>
  script('migrate', context)
    .summary('brings the schemas, roles and rights of all modules up to date')
    .description(
      `Creates each module's schema and role, runs the pending migrations, and grants the roles their rights. When
several run at once, one does the work and the others wait. Without REDIS_URL it also creates the schema and role
of the queues.`,
    )
    .addOption(
      new Option(
        '--new-deployment',
        'makes a copied database a deployment of its own, with its own queues, cache and keys',
      ).conflicts(['keepDeployment', 'newKeys']),
    )
    .addOption(
      new Option(
        '--keep-deployment',
        'keeps the identity of a copied database: the original does not run any more',
      ).conflicts('newKeys'),
    )
    .option('--new-keys', 'gives every module a new key to sign its events and jobs with')
    .addHelpText(
      'after',
      `
Environment:
  DATABASE_URL            the owner of the database, who may create schemas and roles
  <MODULE>_DATABASE_URL   the role and password that a module gets, e.g. ARTICLES_DATABASE_URL
  QUEUES_DATABASE_URL     those of the queues, which are in PostgreSQL without Redis
  REDIS_URL               the Redis with the queues
  DEPLOYMENT_DATABASE_URL the owner of the first database, when this one is another server of the same deployment

In production (NODE_ENV) all of them are required. Elsewhere a missing module's URL is derived from the owner's, and
without DATABASE_URL the embedded database in TEARLINE_DIR (.tearline) is migrated.`,
    )
    .action((options: MigrateOptions) =>
      withDatabase(
        context.env,
        context.note,
        async ({ migrationCount }) => {
          context.print(
            migrationCount === 0
              ? 'Nothing to do: everything is up to date.\n'
              : `${migrationCount} migrations ran.\n`,
          );
        },
        changeOf(options),
      ),
    );

interface MigrateOptions {
  readonly newDeployment?: true;
  readonly keepDeployment?: true;
  readonly newKeys?: true;
}

function changeOf({ newDeployment, keepDeployment, newKeys }: MigrateOptions): DeploymentChange | undefined {
  if (newDeployment) return 'new';
  if (keepDeployment) return 'keep';
  return newKeys && 'new-keys';
}
