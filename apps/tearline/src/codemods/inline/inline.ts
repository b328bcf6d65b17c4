import { resolve } from 'node:path';
import { ChangeSet, recordOf } from '../change-set.js';
import type { Finding } from '../finding.js';
import { format } from '../format.js';
import { checkTypes } from '../extract/check-types.js';
import { moduleNamed } from '../extract/plan-extraction.js';
import { modulesOf } from '../source/nest-module.js';
import { openSources, packageRoot } from '../source/open-sources.js';
import { applyInlining } from './apply-inlining.js';
import { planInlining } from './plan-inlining.js';
import { reverseRecord } from './recorded-changes.js';

export interface Inlining {
  readonly changes: ChangeSet;
  readonly findings: readonly Finding[];
  /** Files of the extraction, which need not be committed. */
  readonly recorded: ReadonlySet<string>;
}

/**
 * Takes the contracts of a module out again. Files that still have what `extract` wrote go back to the letter, by its record; what
 * was added or changed since is changed by what the code says. Writes nothing.
 */
export async function inline(dir: string, name: string, note: (line: string) => void): Promise<Inlining> {
  const root = packageRoot(resolve(dir));
  note('Reading the application …');
  const project = openSources(dir);
  const module = moduleNamed(name, modulesOf(project));
  const record = recordOf(root, module.name);
  const { files, restored } = reverseRecord(record, root);
  const done = new Set(restored.keys());
  const plan = planInlining(project, module, root, done);
  const changes = new ChangeSet(root);
  const recorded = new Set([...files, record]);
  if (plan.findings.some(({ stops }) => stops)) return { changes, findings: plan.findings, recorded };
  applyInlining(plan, done);
  const contracts = new Set(plan.contracts.map(({ file }) => file));
  for (const [path, text] of restored)
    if (text !== undefined) project.getSourceFile(path)?.replaceWithText(text);
  const removed = [...contracts].map((file) => file.getFilePath());
  for (const file of contracts) project.removeSourceFile(file);
  const isExact =
    files.length > 0 &&
    project.getSourceFiles().every((file) => file.isSaved() || done.has(file.getFilePath()));
  const errors = isExact ? [] : checkTypes(project, { dir, root, note });
  changes.addProject(project);
  for (const path of removed) changes.set(path, undefined);
  await format(changes);
  for (const [path, text] of restored) changes.set(path, text);
  changes.set(record, undefined);
  return { changes, findings: [...plan.findings, ...errors], recorded };
}
