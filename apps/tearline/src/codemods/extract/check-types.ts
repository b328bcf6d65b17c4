import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Diagnostic, Node, type Project, type SourceFile, ts } from 'ts-morph';
import type { Finding } from '../finding.js';
import { openSources } from '../source/open-sources.js';
import { locationOf } from '../source/location.js';

interface Context {
  readonly dir: string;
  readonly root: string;
  readonly note: (line: string) => void;
}

/** Returns what does not compile after a change, and did before. */
export function checkTypes(changed: Project, { dir, root, note }: Context): Finding[] {
  if (!isInstalled(root)) {
    note('The types were not checked: @tearline/seam is not installed. Run tsc when it is.');
    return [];
  }
  note('Checking the types …');
  const after = errorsOf(changed, root);
  if (after.length === 0) return [];
  const before = new Set(errorsOf(openSources(dir), root).map(keyOf));
  return after
    .filter((error) => !before.has(keyOf(error)))
    .map((error) => ({
      where: whereOf(error, root),
      what: `would not compile: ${messageOf(error).split('\n')[0]}`,
      wayOut: 'change this place first, so that it uses the service by its methods and awaits them',
      stops: true,
    }));
}

function errorsOf(project: Project, root: string): Diagnostic[] {
  return project
    .getPreEmitDiagnostics()
    .filter(
      (each) => each.getCategory() === ts.DiagnosticCategory.Error && isOwn(each.getSourceFile(), root),
    );
}

function isInstalled(root: string): boolean {
  return (
    existsSync(join(root, 'node_modules/@tearline/seam')) ||
    (dirname(root) !== root && isInstalled(dirname(root)))
  );
}

const isOwn = (file: SourceFile | undefined, root: string) =>
  file !== undefined && file.getFilePath().startsWith(root) && !file.isInNodeModules();

const keyOf = (error: Diagnostic) =>
  `${error.getSourceFile()?.getFilePath()} ${error.getCode()} ${messageOf(error)}`;
const messageOf = (error: Diagnostic) =>
  ts.flattenDiagnosticMessageText(error.compilerObject.messageText, '\n');

function whereOf(error: Diagnostic, root: string): string {
  const file = error.getSourceFile()!;
  const node = file.getDescendantAtPos(error.getStart() ?? 0) ?? file;
  return Node.isSourceFile(node) ? file.getBaseName() : locationOf(node, root);
}
