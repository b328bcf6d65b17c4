import { runCli } from './cli.js';

const { stdout, stderr } = process;

process.exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  print: (text) => void stdout.write(text),
  note: (line) => void stderr.write(`${line}\n`),
  ...(stderr.isTTY && { rewrite: (line: string) => void stderr.write(`\r\u001B[K${line}`) }),
});
