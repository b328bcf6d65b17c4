import { writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * Has Node.js write a report when V8 ends the process, as with a full heap. Only with `--report-exclude-env`: the report of a fatal error
 * has all environment variables otherwise, passwords among them, whatever `process.report.excludeEnv` is set to (Node.js 24.21).
 */
export function enableFatalReport(path: string): void {
  const { report } = process;
  if (!report.excludeEnv) return;
  // Node.js writes into the file that is there, which keeps its mode.
  writeFileSync(path, '', { mode: 0o600 });
  Object.assign(report, {
    directory: dirname(path),
    filename: basename(path),
    compact: true,
    excludeNetwork: true,
    reportOnFatalError: true,
  });
}
