import { checkEnvironment } from '@tearline/composition';
import { LogOutput } from '@tearline/host';
import { SettingsError } from '@tearline/settings';
import { manifests, moduleNames, runtimes } from '@tearline/modules';
import { ProcessOutput, runScript } from '@tearline/process';
import {
  explain,
  readTopology,
  TopologyError,
  type TopologyReference,
  withReplicas,
} from '@tearline/topology';
import { topologyCommand, type TopologyOptions } from './command.js';
import { Runner } from './runner.js';
import { runnerSettings } from './settings.js';

const { stdout, stderr, env } = process;
/** A terminal signals the whole process group, and npm passes its own signal on: two signals within this time count as one. */
const REPEATED_SIGNAL_MS = 500;

async function run(reference: TopologyReference, options: TopologyOptions): Promise<void> {
  const named = await readTopology(reference, { modules: moduleNames, runtimes });
  const topology = withReplicas(named, options.replicas ?? []);
  if (options.explain) return void stdout.write(explain(topology, manifests));

  checkEnvironment(manifests, env);
  const settings = runnerSettings(env);
  const format = settings.LOG_FORMAT ?? (stdout.isTTY ? 'pretty' : 'json');
  const width = Math.max('topology'.length, ...topology.hosts.map(({ name }) => name.length + 2));
  const lines = new LogOutput((lost) =>
    output.log(`${lost} lines of output were lost: standard output did not take them`),
  );
  const output: ProcessOutput = new ProcessOutput(
    format,
    (line) => lines.write(`${line}\n`),
    width,
    stdout.isTTY,
  );
  const runner = new Runner(topology, settings, env, output, options);
  stopOnSignals(runner, output);
  try {
    await runner.start();
  } catch (error) {
    await runner.stop();
    throw error;
  }
}

/** Stops everything in order at the first signal, and kills it at the second. */
function stopOnSignals(runner: Runner, output: ProcessOutput): void {
  let since: number | undefined;
  const stop = (signal: NodeJS.Signals) => {
    if (since !== undefined) {
      if (performance.now() - since > REPEATED_SIGNAL_MS) runner.kill();
      return;
    }
    since = performance.now();
    output.log(`${signal}: finishing requests, then stopping everything; repeat it to kill everything`);
    runner.stop().then(
      () => process.exit(),
      (error: unknown) => {
        stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
}

const code = await runScript(topologyCommand(run), undefined, [TopologyError, SettingsError]);
if (code !== 0) process.exit(code);
