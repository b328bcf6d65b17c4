import { SettingsError } from '@tearline/settings';

/** Runs the main function of a host's process. Reports an error on standard error, and exits with 1, or 2 for wrong settings. */
export function runProgram(main: () => Promise<unknown>): void {
  main().catch((error: unknown) => {
    const isDetailed = process.env['LOG_LEVEL'] === 'debug' && error instanceof Error;
    const detail = isDetailed ? error.stack : error instanceof Error ? error.message : String(error);
    process.stderr.write(`tearline did not start: ${detail}\n`);
    process.exit(error instanceof SettingsError ? 2 : 1);
  });
}
