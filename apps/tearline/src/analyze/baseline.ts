import { readFileSync, writeFileSync } from 'node:fs';
import { UsageError } from '../usage-error.js';
import type { Finding } from './finding.js';

/** Ids of the findings that are known. */
export type Baseline = ReadonlySet<string>;

interface BaselineFile {
  readonly version: 1;
  /** By id; the text is for readers. */
  readonly findings: Readonly<Record<string, string>>;
}

/** Reads a baseline that {@link writeBaseline} wrote. */
export function readBaseline(file: string): Baseline {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UsageError(
      `--baseline ${file}: ${(error as Error).message}. Write it first: npx tearline analyze --baseline ${file} --write-baseline`,
    );
  }
  const { version, findings } = content as Partial<BaselineFile>;
  if (version !== 1 || typeof findings !== 'object')
    throw new UsageError(`--baseline ${file}: expected a file that --write-baseline wrote, with version 1`);
  return new Set(Object.keys(findings));
}

/** Writes the findings that are known from now on. */
export function writeBaseline(file: string, findings: readonly Finding[]): void {
  const entries = findings.map(({ id, kind, module, other, file, subject }) => {
    const text = `${kind}: ${module}${other ? ` → ${other}` : ''}: ${subject} in ${file}`;
    return [id, text] as const;
  });
  const sorted = entries.toSorted(([, one], [, other]) => (one < other ? -1 : 1));
  const content: BaselineFile = { version: 1, findings: Object.fromEntries(sorted) };
  writeFileSync(file, `${JSON.stringify(content, undefined, 2)}\n`);
}
