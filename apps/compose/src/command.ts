import { script, type ScriptOutput, UsageError } from '@tearline/process';
import type { TopologyReference } from '@tearline/topology';
import type { Profiles } from './files/profiles.js';

const COMMANDS = ['up', 'down', 'e2e', 'scale', 'generate'] as const;

interface ComposeOptions {
  readonly alone?: string;
  readonly project?: string;
  readonly volumes?: boolean;
  readonly cdn?: boolean;
  readonly ha?: boolean;
  readonly observe?: boolean;
}

/** A parsed command line. */
export interface Request {
  readonly command: (typeof COMMANDS)[number];
  readonly topology: TopologyReference;
  readonly project: string | undefined;
  /** With `down`: also deletes what is stored. */
  readonly volumes: boolean;
  readonly profiles: Profiles;
  /** With `scale`: each `<host>=<count>`; with `e2e`: options of vitest. */
  readonly rest: readonly string[];
}

/** Returns the command line of `npm run compose`. */
export const composeCommand = (run: (request: Request) => Promise<void>, output?: ScriptOutput) =>
  script('compose', output)
    .description(
      'Runs a topology in containers, behind nginx on PORT (3000) of this machine. Needs Docker with its compose plugin.',
    )
    .usage('[options] <topology | --alone module> <command>')
    .argument('[words...]', 'a topology and a command')
    .option(
      '--alone <module>',
      "instead of a topology: the module on a host of its own, all others on the host 'app'",
    )
    .option('--volumes', 'with down: deletes the data and the secrets too')
    .option('--cdn', 'with an edge cache (Varnish) in front of nginx, on CDN_PORT (3080)')
    .option('--ha', 'with three PostgreSQL servers under Patroni, of which one replaces another that fails')
    .option('--observe', 'with Grafana on GRAFANA_PORT (3030), Alertmanager, and the store of the log')
    .option('--project <name>', 'a project other than that of docker/.env, to run beside it')
    .addHelpText(
      'after',
      `
Commands:
  up                     builds the images, starts everything and waits until it is healthy
  down                   stops everything; --volumes deletes the data and the secrets too
  e2e [-- options]       up, with limits that a test suite needs, then the end-to-end suite with these options of vitest
  scale <host>=<count>…  changes the number of replicas of hosts; nginx and the other hosts find them
  generate               only writes the files of the topology, for docker compose

PORT, LOG_LEVEL and the other settings of hosts and modules are taken from the environment.`,
    )
    .action((words: readonly string[], options: ComposeOptions) => run(requestFrom(words, options)));

function requestFrom(
  words: readonly string[],
  { alone, project, volumes = false, cdn = false, ha = false, observe = false }: ComposeOptions,
): Request {
  const [topology, command, ...rest] = alone === undefined ? words : [{ alone }, ...words];
  if (topology === undefined) throw new UsageError('expected a topology and a command; see --help');
  if (!isCommand(command))
    throw new UsageError(`expected a command of ${COMMANDS.join(', ')}, got '${(command as string) ?? ''}'`);
  if (command === 'scale' && rest.length === 0)
    throw new UsageError('scale: expected <host>=<count>, e.g. app=3');
  return { command, topology, project, volumes, profiles: { cdn, ha, observe }, rest: rest as string[] };
}

const isCommand = (word: unknown): word is Request['command'] =>
  (COMMANDS as readonly unknown[]).includes(word);
