import { checkEnvironment } from '@tearline/composition';
import { manifests, moduleNames, runtimes } from '@tearline/modules';
import { runScript } from '@tearline/process';
import { SettingsError } from '@tearline/settings';
import { readTopology, TopologyError } from '@tearline/topology';
import { composeCommand, type Request } from './command.js';
import { writeGeneratedFiles } from './files/generated-files.js';
import { profileNames } from './files/profiles.js';
import { Stack } from './stack.js';

const { env } = process;
const print = (line: string) => void process.stdout.write(`${line}\n`);

async function run({ command, project, volumes, rest, ...request }: Request): Promise<void> {
  const topology = await readTopology(request.topology, { modules: moduleNames, runtimes });
  // Compose passes the settings on to the hosts, which would report a mistake after images were built.
  if (command !== 'down') checkEnvironment(manifests, env);
  // `down` takes down whatever there may be.
  const profiles = command === 'down' ? { cdn: true, ha: true, observe: true } : request.profiles;
  const file = await writeGeneratedFiles(topology, command === 'down' ? {} : env, profiles);
  if (command === 'generate')
    return print(
      ['docker compose -f', file, ...profileNames(profiles).map((name) => `--profile ${name}`), 'up'].join(
        ' ',
      ),
    );
  const stack = new Stack({ topology, profiles }, file, project, env, print);
  if (command === 'up') await stack.up();
  if (command === 'down') await stack.down(volumes);
  if (command === 'scale') await stack.scale(rest);
  if (command === 'e2e') await stack.e2e(rest);
}

process.exitCode = await runScript(composeCommand(run), undefined, [TopologyError, SettingsError]);
