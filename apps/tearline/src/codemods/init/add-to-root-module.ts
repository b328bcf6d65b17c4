import { type Expression, Node, type Project } from 'ts-morph';
import { importFromPackage } from '../source/module-specifiers.js';
import { modulesOf, type NestModule } from '../source/nest-module.js';
import { classOf } from '../source/resolve-class.js';
import { listKey, seamListOf } from '../source/seam-list.js';

/**
 * Puts the application's own modules among the imports of the root module into `seamModules()`, at the place of the first. Packages'
 * modules and global ones stay, since every process needs them.
 * @returns the names in the list; none when it is there already, or when there is no list of imports
 */
export function addToRootModule(project: Project, rootModule: NestModule): string[] {
  if (seamListOf(rootModule)) return [];
  const modules = modulesOf(project);
  const [imports] = rootModule.arrays('imports');
  const entries = (imports?.getElements() ?? []).flatMap((element) => {
    const module = ownModule(element, modules);
    return module && !module.isGlobal ? [{ element, module }] : [];
  });
  if (!imports || entries.length === 0) return [];
  const at = imports.getElements().indexOf(entries[0]!.element);
  const names = uniqueNames(entries.map(({ module }) => module.name));
  const lines = entries.map(({ element }, index) => `${listKey(names[index]!)}: ${entryText(element)}`);
  for (const { element } of entries) imports.removeElement(element);
  imports.insertElement(at, listText(lines, imports.getText().includes('\n') || lines.length > 3));
  importFromPackage(rootModule.declaration.getSourceFile(), '@tearline/seam', ['seamModules']);
  return names;
}

/** A list takes no promise of a module, as the imports of a module do. */
function entryText(element: Expression): string {
  const text = element.getText();
  return element.getType().getSymbol()?.getName() === 'Promise'
    ? `{ load: () => ${text}, contracts: [] }`
    : text;
}

function listText(lines: readonly string[], multiline: boolean): string {
  return multiline
    ? `seamModules({\n${lines.map((line) => `  ${line},\n`).join('')}})`
    : `seamModules({ ${lines.join(', ')} })`;
}

function ownModule(element: Expression, modules: readonly NestModule[]): NestModule | undefined {
  if (Node.isSpreadElement(element)) return undefined;
  const declaration = classOf(element);
  return modules.find((module) => module.declaration === declaration);
}

const uniqueNames = (names: readonly string[]): string[] =>
  names.map((name, index) => (names.indexOf(name) === index ? name : `${name}-${index + 1}`));
