import { join } from 'node:path';
import type { Project, SourceFile } from 'ts-morph';
import {
  importExtension,
  importFromPackage,
  relativeSpecifier,
  removeUnusedImport,
} from '../source/module-specifiers.js';
import { applyReferences } from './apply-references.js';
import { contractSource } from './contract-source.js';
import { applyAwaits } from './plan-awaits.js';
import type { ExtractionPlan } from './plan-extraction.js';
import type { ServicePlan } from './service-plan.js';
import { swapImport } from './swap-import.js';

/** Changes the sources in memory. */
export function applyExtraction(project: Project, plan: ExtractionPlan): void {
  const { module, services, awaits, released, exports } = plan;
  applyAwaits(awaits);
  const contracts = createContracts(project, plan);
  for (const service of services) {
    markService(service, contracts);
    changeCallers(service, contracts);
  }
  for (const { module: caller, elements } of released) {
    caller.remove(elements);
    const file = caller.declaration.getSourceFile();
    removeUnusedImport(file, module.className);
    removeUnusedImport(file, 'forwardRef', '@nestjs/common');
  }
  module.remove(exports);
}

function createContracts(project: Project, { module, services }: ExtractionPlan): SourceFile {
  const moduleFile = module.declaration.getSourceFile();
  const name = moduleFile.getBaseName().replace(/(\.module)?(\.[cm]?ts)$/, '.contract$2');
  const path = join(module.directory, name);
  const file = project.createSourceFile(path, '', { overwrite: true });
  const extension = importExtension(moduleFile);
  const pathTo = (target: SourceFile) => relativeSpecifier(file, target.getFilePath(), extension);
  file.replaceWithText(contractSource(services, pathTo, moduleFile));
  return file;
}

function markService({ service, contract }: ServicePlan, contracts: SourceFile): void {
  const file = service.getSourceFile();
  service.insertDecorator(0, { name: 'Implements', arguments: [contract] });
  importFromPackage(file, '@tearline/seam', ['Implements']);
  swapImport(file, {
    name: contract,
    from: contracts,
    names: [contract],
    to: contracts,
    throughIndex: false,
  });
}

function changeCallers(plan: ServicePlan, contracts: SourceFile): void {
  const { service, contract, client, references, indexes } = plan;
  const [name, from] = [service.getNameOrThrow(), service.getSourceFile()];
  const byFile = Map.groupBy(references, (reference) => reference.name.getSourceFile());
  for (const [file, ofFile] of byFile) {
    const needs = applyReferences(file, ofFile, plan);
    const names = [...(needs.client ? [`type ${client}`] : []), ...(needs.contract ? [contract] : [])];
    const sorted = names.toSorted((a, b) => a.replace('type ', '').localeCompare(b.replace('type ', '')));
    const index = indexes.get(file);
    swapImport(file, { name, from, names: sorted, to: contracts, throughIndex: index !== undefined });
    if (index && names.length > 0) exportFrom(index, contracts);
  }
}

function exportFrom(index: SourceFile, contracts: SourceFile): void {
  const first = index.getExportDeclarations()[0]?.getModuleSpecifierValue() ?? '';
  const extension = /\.[cm]?[jt]s$/.exec(first)?.[0] ?? '';
  const moduleSpecifier = relativeSpecifier(index, contracts.getFilePath(), extension);
  if (!index.getExportDeclaration(moduleSpecifier)) index.addExportDeclaration({ moduleSpecifier });
}
