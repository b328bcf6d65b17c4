import { createHash } from 'node:crypto';
import { relative, sep } from 'node:path';
import { lineOf } from '../project/syntax.js';
import type { AnalysisContext } from './context.js';
import { detectors } from './detectors/index.js';
import { type Finding, type Observation, severities, SHARED_CODE } from './finding.js';
import { wayOutOf } from './way-out.js';

/** Runs the detectors, and joins what they see at several places of a file into one finding. */
export function findFindings(context: AnalysisContext): Finding[] {
  const { root } = context.nest.application;
  const byKey = new Map<string, { observation: Observation; file: string; lines: Set<number> }>();
  for (const detect of detectors)
    for (const observation of detect(context)) {
      const { file, line } = placeOf(observation.at);
      const named = relative(root, file).split(sep).join('/');
      const key = [
        observation.kind,
        observation.module?.name ?? SHARED_CODE,
        observation.other?.name ?? '',
        named,
        observation.subject,
      ].join('\n');
      const known = byKey.get(key);
      if (known === undefined) byKey.set(key, { observation, file: named, lines: new Set([line]) });
      else {
        known.lines.add(line);
        if (isWorse(observation, known.observation)) known.observation = observation;
      }
    }
  const found = [...byKey].map(([key, { observation, file, lines }]) =>
    toFinding(key, observation, file, lines, context),
  );
  return withoutRepeatedValues(found, context).toSorted(byImportance);
}

const placeOf = (at: Observation['at']): { file: string; line: number } =>
  'kind' in at ? { file: at.getSourceFile().fileName, line: lineOf(at) } : at;

const rank = ({ severity }: { severity: Finding['severity'] }) => severities.indexOf(severity);
const isWorse = (one: Observation, other: Observation) => rank(one) < rank(other);

function toFinding(
  key: string,
  { kind, severity, module, other, subject, why }: Observation,
  file: string,
  lines: Set<number>,
  { infrastructure }: AnalysisContext,
): Finding {
  const sorted = [...lines].toSorted((one, another) => one - another);
  return {
    id: createHash('sha256').update(key).digest('hex').slice(0, 12),
    kind,
    severity,
    module: module?.name ?? SHARED_CODE,
    other: other?.name,
    file,
    line: sorted[0]!,
    lines: sorted,
    subject,
    why,
    wayOut: wayOutOf(kind, other !== undefined && infrastructure.has(other)),
  };
}

/** An import is no finding of its own where the same file has one about the class. */
function withoutRepeatedValues(
  findings: readonly Finding[],
  { entities }: AnalysisContext,
): readonly Finding[] {
  const reported = new Set(
    findings
      .filter(({ kind }) => kind !== 'shared-value')
      .flatMap(({ file, subject }) => subject.split(/[^\w$]+/).map((name) => `${file}\n${name}`)),
  );
  return findings.filter(
    ({ kind, file, subject }) =>
      // A Prisma model has no class: a class with its name is something else.
      kind !== 'shared-value' || entities.prisma.byName.has(subject) || !reported.has(`${file}\n${subject}`),
  );
}

const byImportance = (one: Finding, other: Finding) =>
  rank(one) - rank(other) ||
  (one.module < other.module ? -1 : one.module > other.module ? 1 : 0) ||
  (one.file < other.file ? -1 : one.file > other.file ? 1 : 0) ||
  one.line - other.line;
