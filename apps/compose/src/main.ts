import { moduleNames } from '@tearline/modules';
import { UsageError } from '@tearline/process';
import { readTopology, TopologyError } from '@tearline/topology';
import { HELP, requestFrom } from './arguments.js';
import { composeFileOf, generatedFiles, topologiesIn, writeGenerated } from './files/generated-files.js';
import { Stack } from './stack.js';

const { stdout, stderr, env } = process;
const say = (line: string) => void stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const request = requestFrom(process.argv.slice(2));
  if (request.command === 'help') stdout.write(HELP);
  if (request.command === 'generate') await generate();
  if (!('topology' in request)) return 0;

  const topology = await readTopology(request.topology, { modules: moduleNames });
  const stack = new Stack(topology, await composeFileOf(topology), request.project, env, say);
  if (request.command === 'up') await stack.up();
  if (request.command === 'down') await stack.down(request.volumes);
  if (request.command === 'scale') await stack.scale(request.rest);
  return request.command === 'e2e' ? stack.e2e(request.rest) : 0;
}

async function generate(): Promise<void> {
  const files = generatedFiles(await topologiesIn('topologies'));
  for (const file of await writeGenerated(files)) say(file);
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof UsageError || error instanceof TopologyError ? 2 : 1;
  },
);
