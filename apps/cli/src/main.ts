import { standardOutput } from '@tearline/process';
import { runCli } from './cli.js';

const { stderr } = process;

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  ...standardOutput,
  ...(stderr.isTTY && { rewrite: (line: string) => void stderr.write(`\r\u001B[K${line}`) }),
});
