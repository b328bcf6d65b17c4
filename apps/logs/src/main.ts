import { standardOutput } from '@tearline/process';
import { runLogs } from './cli.js';

const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort());

process.exitCode = await runLogs(process.argv.slice(2), {
  env: process.env,
  signal: controller.signal,
  ...standardOutput,
});
