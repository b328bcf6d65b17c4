import { parseArgs } from 'node:util';
import { UsageError } from '@tearline/process';
import type { TopologyReference } from '@tearline/topology';

export const HELP = `npm run compose -- <topology | --alone module> <command> [options]
npm run compose -- generate

Runs a topology in containers, behind nginx on PORT (3000) of this machine. Needs Docker with its compose plugin.

  up                     builds the images, starts everything and waits until it is healthy
  down                   ends everything; --volumes deletes the data and the secrets too
  e2e                    up, with limits that let a test suite through, and the end-to-end suite against it
  scale <host>=<count>…  so many replicas of a host; nginx and the other hosts find them
  generate               writes docker/compose.yaml and the files of the topologies in topologies/

  --alone <module>       the module on a host of its own, all others on the host 'app'
  --project <name>       another name than docker/.env has, to run beside what runs
  --help

  PORT, LOG_LEVEL and other settings in docker/compose.yaml are taken from the environment.
`;

/** What the command line asks for. */
export type Request =
  | { readonly command: 'help' | 'generate' }
  | {
      readonly command: 'up' | 'down' | 'e2e' | 'scale';
      readonly topology: TopologyReference;
      readonly project: string | undefined;
      /** With `down`: also what was stored. */
      readonly volumes: boolean;
      /** With `scale`: `<host>=<count>`; with `e2e`: options of vitest. */
      readonly rest: readonly string[];
    };

/** @throws UsageError */
export function requestFrom(args: readonly string[]): Request {
  const { values, positionals } = parsed(args);
  const alone = values.alone === undefined ? [] : [{ alone: values.alone }];
  const [topology, ...words]: TopologyReference[] = [...alone, ...positionals];
  const [command, ...rest] = words as string[];
  if (values.help) return { command: 'help' };
  if (topology === undefined) throw new UsageError(`which topology?\n\n${HELP}`);
  if (topology === 'generate' && command === undefined) return { command: 'generate' };
  if (command !== 'up' && command !== 'down' && command !== 'e2e' && command !== 'scale')
    throw new UsageError(`'${command ?? ''}' is no command; up, down, e2e and scale are`);
  if (command === 'scale' && rest.length === 0) throw new UsageError('scale what? e.g. app=3');
  return { command, topology, project: values.project, volumes: values.volumes ?? false, rest };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        alone: { type: 'string' },
        project: { type: 'string' },
        volumes: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const [mistake] = (error as Error).message.split('. ');
    throw new UsageError(`${mistake}; npm run compose -- --help lists the options`, { cause: error });
  }
}
