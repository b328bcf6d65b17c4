import { runCli } from './cli.js';

process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  // A reader that has left, as `head` does, is no failure.
  if (code === 'EPIPE') process.exit(0);
  process.stderr.write(`standard output: ${message}\n`);
  process.exit(2);
});

process.exitCode = await runCli(process.argv.slice(2), {
  print: (text) => void process.stdout.write(text),
  note: (line) => void process.stderr.write(`${line}\n`),
  stdout: process.stdout,
});
