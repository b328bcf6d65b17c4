import { SettingsError } from '@tearline/settings';
import { manifests, moduleNames } from '@tearline/modules';
import { ProcessOutput, UsageError } from '@tearline/process';
import { explain, readTopology, TopologyError, withReplicas } from '@tearline/topology';
import { HELP, requestFrom } from './arguments.js';
import { Runner } from './runner.js';
import { runnerSettings } from './settings.js';

const { stdout, stderr, env } = process;
/** A terminal signals the whole process group, and npm forwards the signal: both count as one. */
const ECHO_MS = 500;

async function main(): Promise<void> {
  const request = requestFrom(process.argv.slice(2));
  if (request.help) return void stdout.write(HELP);
  const file = await readTopology(request.topology, { modules: moduleNames });
  const topology = withReplicas(file, request.replicas);
  if (request.explain) return void stdout.write(explain(topology, manifests));

  const settings = runnerSettings(env);
  const format = settings.LOG_FORMAT ?? (stdout.isTTY ? 'pretty' : 'json');
  const width = Math.max('topology'.length, ...topology.hosts.map(({ name }) => name.length + 2));
  const output = new ProcessOutput(format, (line) => void stdout.write(`${line}\n`), width, stdout.isTTY);
  const runner = new Runner(topology, settings, env, output, request.watch);
  endWith(runner, output);
  try {
    await runner.start();
  } catch (error) {
    await runner.stop();
    throw error;
  }
}

/** The first signal ends everything in order, a second one at once. */
function endWith(runner: Runner, output: ProcessOutput): void {
  let since: number | undefined;
  const end = (signal: NodeJS.Signals) => {
    if (since !== undefined) {
      if (performance.now() - since > ECHO_MS) runner.kill();
      return;
    }
    since = performance.now();
    output.log(`${signal}: letting requests finish, then ending everything; once more ends it at once`);
    runner.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
}

function fail(error: unknown): void {
  const isMistake =
    error instanceof UsageError || error instanceof TopologyError || error instanceof SettingsError;
  const detail =
    !isMistake && env['LOG_LEVEL'] === 'debug' && error instanceof Error ? error.stack : undefined;
  stderr.write(`${detail ?? (error instanceof Error ? error.message : String(error))}\n`);
  process.exit(isMistake ? 2 : 1);
}

main().catch(fail);
