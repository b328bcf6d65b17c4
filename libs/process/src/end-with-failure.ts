/** Writes why this process cannot go on to standard error, and ends it as SIGTERM does, but with exit code 1. */
export function endWithFailure({ message }: Error): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
  process.kill(process.pid, 'SIGTERM');
}
