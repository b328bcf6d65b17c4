import { resolve } from 'node:path';
import type { ObjectLiteralExpression } from 'ts-morph';
import { UsageError } from '../../usage-error.js';
import { ChangeSet, recordOf } from '../change-set.js';
import type { Finding } from '../finding.js';
import { format } from '../format.js';
import { importExtension, importFromFile, relativeSpecifier } from '../source/module-specifiers.js';
import type { NestModule } from '../source/nest-module.js';
import { listHas, listKey, seamListOf } from '../source/seam-list.js';
import { openSources, packageRoot } from '../source/open-sources.js';
import { entryPointOf } from '../source/root-module.js';
import { applyExtraction } from './apply-extraction.js';
import { checkTypes } from './check-types.js';
import { type ExtractionPlan, planExtraction } from './plan-extraction.js';

export interface Extraction {
  readonly plan: ExtractionPlan;
  readonly changes: ChangeSet;
  readonly findings: readonly Finding[];
}

/** Puts the services of a module that others call behind contracts. Writes nothing. */
export async function extract(
  dir: string,
  name: string,
  { note, force = false }: { note: (line: string) => void; force?: boolean | undefined },
): Promise<Extraction> {
  const root = packageRoot(resolve(dir));
  note('Reading the application …');
  const project = openSources(dir);
  const { rootModule } = entryPointOf(project, dir);
  const list = seamListOf(rootModule);
  if (!list)
    throw new UsageError(
      `${rootModule.file} does not use seamModules() yet: run npx tearline init ${dir} first`,
    );
  const plan = planExtraction(project, name, rootModule, root);
  const changes = new ChangeSet(root);
  if (!force && plan.findings.some(({ stops }) => stops)) return { plan, changes, findings: plan.findings };
  if (!listHas(list, plan.module)) addToList(rootModule, list, plan.module);
  applyExtraction(project, plan);
  const errors = checkTypes(project, { dir, root, note });
  changes.addProject(project);
  await format(changes);
  changes.set(recordOf(root, plan.module.name), record(changes, plan.module.name));
  return { plan, changes, findings: [...plan.findings, ...errors] };
}

function addToList(rootModule: NestModule, list: ObjectLiteralExpression, module: NestModule): void {
  const file = rootModule.declaration.getSourceFile();
  list.addPropertyAssignment({ name: listKey(module.name), initializer: module.className });
  if (!file.getLocal(module.className))
    importFromFile(file, relativeSpecifier(file, module.file, importExtension(file)), [module.className]);
}

const record = (changes: ChangeSet, name: string): string =>
  `What \`tearline extract ${name}\` changed. \`tearline inline ${name}\` reverses it by this file; keep it in git until then.\n${changes.diff()}`;
