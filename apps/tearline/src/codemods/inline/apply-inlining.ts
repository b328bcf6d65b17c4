import { type Decorator, type Expression, Node, type SourceFile } from 'ts-morph';
import type { InjectionTarget } from '../extract/reference.js';
import { swapImport } from '../extract/swap-import.js';
import type { NestModule } from '../source/nest-module.js';
import {
  importExtension,
  importFromFile,
  importFromPackage,
  importOf,
  relativeSpecifier,
  removeUnusedImport,
} from '../source/module-specifiers.js';
import type { ContractUse } from './contract-use.js';
import type { ImplementedContract } from './find-contracts.js';
import type { InliningPlan } from './plan-inlining.js';

/** Changes the sources in memory. The files of the contracts stay; nothing imports them afterwards. */
export function applyInlining(plan: InliningPlan, done: ReadonlySet<string>): void {
  const { module, contracts, uses, importers, isCircular, indexes } = plan;
  const circular = new Set(importers.filter(isCircular));
  for (const [contract, byFile] of uses)
    for (const [file, each] of byFile) inlineIn(file, each, contract, plan.isInCircle(file));
  const contractFiles = new Set(contracts.map(({ file }) => file.getBaseNameWithoutExtension()));
  for (const index of indexes)
    for (const each of index.getExportDeclarations())
      if (contractFiles.has(baseOf(each.getModuleSpecifierValue()))) each.remove();
  for (const importer of importers) importAgain(importer, module, circular.has(importer));
  if (done.has(module.file)) return;
  for (const { service } of contracts) module.add('exports', service.getNameOrThrow());
}

function inlineIn(
  file: SourceFile,
  uses: readonly ContractUse[],
  { service, contract, client, file: from }: ImplementedContract,
  isInCircle: boolean,
): void {
  const name = service.getNameOrThrow();
  const throughIndex = isThroughIndex(file, contract.getName(), from);
  let needsService = false;
  for (const use of uses.toReversed()) {
    if (use.kind === 'mark') use.decorator.remove();
    if (use.kind === 'injection') {
      const isProperty = Node.isPropertyDeclaration(use.target);
      if (isInCircle) {
        use.decorator.replaceWithText(`@Inject(forwardRef(() => ${name}))`);
        importFromPackage(file, '@nestjs/common', ['forwardRef', 'Inject']);
      } else if (isProperty) {
        use.decorator.replaceWithText('@Inject()');
        importFromPackage(file, '@nestjs/common', ['Inject']);
      } else removeDecorator(use.target, use.decorator);
    }
    if (use.kind === 'type') use.name.replaceWithText(name);
    if (use.kind === 'token') use.access.replaceWithText(name);
    if (use.kind === 'alias') removeFromList(use.element);
    needsService ||= use.kind === 'type' || use.kind === 'token';
  }
  const names = needsService && file !== service.getSourceFile() ? [name] : [];
  swapImport(file, { name: contract.getName(), from, names, to: service.getSourceFile(), throughIndex });
  if (client) removeUnusedImport(file, client.getName());
  removeUnusedImport(file, contract.getName());
  for (const each of ['Seam', 'Implements']) removeUnusedImport(file, each, '@tearline/seam');
}

/** With the space, or the line, that follows it. */
function removeDecorator(target: InjectionTarget, decorator: Decorator): void {
  const [text, start] = [target.getText(), target.getStart()];
  const [from, to] = [decorator.getStart() - start, decorator.getEnd() - start];
  target.replaceWithText(text.slice(0, from) + text.slice(to).trimStart());
}

function isThroughIndex(file: SourceFile, name: string, from: SourceFile): boolean {
  const specifier = importOf(file, name)?.getImportDeclaration().getModuleSpecifierValue();
  return specifier !== undefined && baseOf(specifier) !== from.getBaseNameWithoutExtension();
}

const baseOf = (specifier = ''): string => specifier.replace(/^.*\//, '').replace(/\.[cm]?[jt]s$/, '');

function importAgain(importer: NestModule, module: NestModule, isCircular: boolean): void {
  const file = importer.declaration.getSourceFile();
  importer.add('imports', isCircular ? `forwardRef(() => ${module.className})` : module.className);
  if (isCircular) importFromPackage(file, '@nestjs/common', ['forwardRef']);
  if (!importOf(file, module.className))
    importFromFile(file, relativeSpecifier(file, module.file, importExtension(file)), [module.className]);
}

function removeFromList(element: Expression): void {
  const list = element.getParent();
  if (Node.isArrayLiteralExpression(list)) list.removeElement(element);
}
