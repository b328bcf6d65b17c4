import { Node, type Project, type SourceFile } from 'ts-morph';
import type { Finding } from '../finding.js';
import { isTest } from '../source/is-test.js';
import { locationOf } from '../source/location.js';
import { modulesOf, type NestModule } from '../source/nest-module.js';
import { type ContractUse, contractUseAt } from './contract-use.js';
import { contractsOf, type ImplementedContract } from './find-contracts.js';

export interface InliningPlan {
  readonly module: NestModule;
  readonly contracts: readonly ImplementedContract[];
  /** What names each contract, by file; without the contracts' own files. */
  readonly uses: ReadonlyMap<ImplementedContract, ReadonlyMap<SourceFile, readonly ContractUse[]>>;
  /** Modules whose classes inject a contract, and that have to import the module again. */
  readonly importers: readonly NestModule[];
  /** Whether the module imports one of those as well, so that they import each other in a circle. */
  readonly isCircular: (importer: NestModule) => boolean;
  /** Whether a class belongs to one of those. */
  readonly isInCircle: (file: SourceFile) => boolean;
  /** Index files that export a contract's file. */
  readonly indexes: readonly SourceFile[];
  readonly findings: readonly Finding[];
}

/**
 * Plans the way back by what the code says.
 * @param done files that are restored in another way
 */
export function planInlining(
  project: Project,
  module: NestModule,
  root: string,
  done: ReadonlySet<string>,
): InliningPlan {
  const modules = modulesOf(project).filter((each) => !isTest(each.file));
  const contracts = contractsOf(project, module, modules);
  const findings: Finding[] = [];
  const files = new Set(contracts.map(({ file }) => file));
  const injecting = new Set<SourceFile>();
  const uses = new Map(
    contracts.map((contract) => {
      const all = [contract.contract, ...(contract.client ? [contract.client] : [])]
        .flatMap((declaration) => declaration.findReferencesAsNodes())
        .filter((each) => Node.isIdentifier(each))
        .filter((each) => !files.has(each.getSourceFile()));
      for (const each of all) if (isInjected(contractUseAt(each))) injecting.add(each.getSourceFile());
      const names = all.filter((each) => !done.has(each.getSourceFile().getFilePath()));
      for (const each of names)
        if (contractUseAt(each).kind === 'obstacle')
          findings.push({
            where: locationOf(each, root),
            what: `uses ${each.getText()} in a way that has no counterpart without the seam: ${each.getParent()?.getText().slice(0, 60)}`,
            wayOut: 'remove this use first',
            stops: true,
          });
      const byFile = Map.groupBy(names, (each) => each.getSourceFile());
      return [contract, new Map([...byFile].map(([file, each]) => [file, each.map(contractUseAt)]))] as const;
    }),
  );
  const importers = modules.filter(
    (each) =>
      each.declaration !== module.declaration &&
      !done.has(each.file) &&
      !each.includes('imports', module.declaration) &&
      [...each.classes('providers'), ...each.classes('controllers')].some((member) =>
        injecting.has(member.getSourceFile()),
      ),
  );
  const indexes = project
    .getSourceFiles()
    .filter((file) => !done.has(file.getFilePath()))
    .filter((file) =>
      file
        .getExportDeclarations()
        .some((each) => files.has(each.getModuleSpecifierSourceFile() as SourceFile)),
    );
  const isCircular = (importer: NestModule) => module.includes('imports', importer.declaration);
  const circular = modules
    .filter(isCircular)
    .flatMap((each) => [...each.classes('providers'), ...each.classes('controllers')]);
  const inCircle = new Set(circular.map((member) => member.getSourceFile()));
  const circle = { isCircular, isInCircle: (file: SourceFile) => inCircle.has(file) };
  return { module, contracts, uses, importers, ...circle, indexes, findings };
}

const isInjected = ({ kind }: ContractUse): boolean => kind === 'injection' || kind === 'token';
