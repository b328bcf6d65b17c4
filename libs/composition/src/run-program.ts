/** Runs the main function of a host's process. Reports an error on standard error, and exits with 1. */
export function runProgram(main: () => Promise<unknown>): void {
  main().catch((error: unknown) => {
    const isDetailed = process.env['LOG_LEVEL'] === 'debug' && error instanceof Error;
    const detail = isDetailed ? error.stack : error instanceof Error ? error.message : String(error);
    process.stderr.write(`tearline did not start: ${detail}\n`);
    process.exit(1);
  });
}
