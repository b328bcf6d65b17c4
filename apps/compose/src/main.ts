import { moduleNames } from '@tearline/modules';
import { runScript } from '@tearline/process';
import { readTopology, TopologyError } from '@tearline/topology';
import { composeCommand, type Request } from './command.js';
import { composeFileOf, generatedFiles, topologiesIn, writeGenerated } from './files/generated-files.js';
import { Stack } from './stack.js';

const print = (line: string) => void process.stdout.write(`${line}\n`);

async function run(request: Request): Promise<void> {
  if (request.command === 'generate') {
    const files = generatedFiles(await topologiesIn('topologies'));
    for (const file of await writeGenerated(files)) print(file);
    return;
  }
  const { command, project, volumes, rest } = request;
  const topology = await readTopology(request.topology, { modules: moduleNames });
  const stack = new Stack(topology, await composeFileOf(topology), project, process.env, print);
  if (command === 'up') await stack.up();
  if (command === 'down') await stack.down(volumes);
  if (command === 'scale') await stack.scale(rest);
  if (command === 'e2e') await stack.e2e(rest);
}

process.exitCode = await runScript(composeCommand(run), undefined, [TopologyError]);
