import { UsageError } from '@tearline/process';
import { readFile } from 'node:fs/promises';
import { REPORT_VERSION, type Results } from '../results.js';
import { compareRuns } from './compare-runs.js';

/**
 * Compares the runs of two files `report.json`.
 * @throws UsageError when one is no report of this version of the lab
 */
export async function compareReports(files: readonly string[]): Promise<string> {
  if (files.length !== 2)
    throw new UsageError(`--compare: expected two files report.json, got ${files.length}`);
  const [one, other] = await Promise.all(files.map(readReport));
  return compareRuns(one!, other!);
}

async function readReport(file: string): Promise<Results> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new UsageError(`--compare: ${error.message}`);
  });
  const report = parsed(text) as Results | null | undefined;
  const version: number | undefined = report?.version;
  if (version === undefined) throw new UsageError(`--compare: ${file} is no report.json of the lab`);
  if (version !== REPORT_VERSION)
    throw new UsageError(
      `--compare: ${file} has version ${version}, this lab writes ${REPORT_VERSION} and measures in another way; make the report again`,
    );
  return report!;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
