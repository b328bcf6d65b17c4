import { moduleNames } from '@tearline/modules';
import { runScript } from '@tearline/process';
import { readTopology, TopologyError } from '@tearline/topology';
import { composeCommand, type Request } from './command.js';
import { writeGeneratedFiles } from './files/generated-files.js';
import { Stack } from './stack.js';

const print = (line: string) => void process.stdout.write(`${line}\n`);

async function run({ command, project, volumes, rest, ...request }: Request): Promise<void> {
  const topology = await readTopology(request.topology, { modules: moduleNames });
  const file = await writeGeneratedFiles(topology);
  if (command === 'generate') return print(`docker compose -f ${file} up`);
  const stack = new Stack(topology, file, project, process.env, print);
  if (command === 'up') await stack.up();
  if (command === 'down') await stack.down(volumes);
  if (command === 'scale') await stack.scale(rest);
  if (command === 'e2e') await stack.e2e(rest);
}

process.exitCode = await runScript(composeCommand(run), undefined, [TopologyError]);
