import 'reflect-metadata';
import { composeHost, hostCompositionSettings, runProgram } from '@tearline/composition';
import { runHost } from '@tearline/host';
import { readSettings } from '@tearline/settings';
import { manifests, moduleData } from '@tearline/modules';
import { runScript, script } from '@tearline/process';
import { prepareDevelopment } from './development.js';

const { env } = process;

const command = script('start')
  .description(
    'Runs all modules in one process, in development with a private PostgreSQL unless DATABASE_URL is set.',
  )
  .option('--replicas <number>', 'read replicas of the private PostgreSQL: sets TEARLINE_REPLICAS')
  .action(({ replicas }: { replicas?: string }) => {
    if (replicas !== undefined) env['TEARLINE_REPLICAS'] = replicas;
    runProgram(main);
  });

async function main(): Promise<void> {
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const stop = env['NODE_ENV'] === 'production' ? undefined : await prepareDevelopment(env, moduleData, log);
  try {
    const settings = readSettings(hostCompositionSettings, env);
    const composed = composeHost({
      settings,
      env,
      modules: manifests,
      manifests,
      isWorker: true,
      defaultCacheMode: 'on',
    });
    await runHost({ ...composed, ...(stop && { onClosed: stop }) });
  } catch (error) {
    await stop?.();
    throw error;
  }
}

process.exitCode = await runScript(command);
