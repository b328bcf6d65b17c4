import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { composeHost, hostCompositionSettings, runProgram } from '@tearline/composition';
import { runHost } from '@tearline/host';
import { readSettings } from '@tearline/settings';
import { manifests, moduleData } from '@tearline/modules';
import { prepareDevelopment } from './development.js';

runProgram(async () => {
  const { env } = process;
  // `npm start -- --replicas 2`
  const { values } = parseArgs({ options: { replicas: { type: 'string' } }, strict: false });
  if (typeof values.replicas === 'string') env['TEARLINE_REPLICAS'] = values.replicas;
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
});
