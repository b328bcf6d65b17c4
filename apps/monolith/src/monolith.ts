import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { checkEnvironment, composeHost, hostCompositionSettings, runProgram } from '@tearline/composition';
import { runHost } from '@tearline/host';
import { readSettings } from '@tearline/settings';
import { authority, declaredEvents, manifests, moduleData } from '@tearline/modules';
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
  checkEnvironment(manifests, env);
  const stop = env['NODE_ENV'] === 'production' ? undefined : await prepareDevelopment(env, moduleData, log);
  try {
    const settings = readSettings(hostCompositionSettings, env);
    const composed = await composeHost({
      settings,
      env,
      modules: manifests,
      manifests,
      declaredEvents,
      authority,
      isWorker: true,
      defaultCacheMode: 'on',
    });
    await runHost({ ...composed, ...(stop && { onClosed: stop }) });
  } catch (error) {
    // What fails while everything stops is a consequence, and would hide the reason.
    Logger.overrideLogger(false);
    await stop?.();
    throw error;
  }
}

process.exitCode = await runScript(command);
