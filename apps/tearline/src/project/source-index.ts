import { type Project, ts } from 'ts-morph';
import type { Declaration } from './declaration.js';
import { type FileNames, type ImportedName, namesIn } from './file-names.js';
import type { ModuleResolver } from './module-resolver.js';

/** Resolves names to declarations by imports and exports, without types: binding 200,000 lines takes half a minute. */
export class SourceIndex {
  readonly #files = new Map<string, FileNames>();
  readonly #resolver: ModuleResolver;

  constructor(project: Project, resolver: ModuleResolver) {
    this.#resolver = resolver;
    for (const file of project.getSourceFiles())
      this.#files.set(file.getFilePath(), namesIn(file.compilerNode));
  }

  get sources(): ts.SourceFile[] {
    return [...this.#files.values()].map(({ source }) => source);
  }

  /** All declarations of all files. */
  *declarations(): Generator<Declaration> {
    for (const { declarations } of this.#files.values()) yield* declarations.values();
  }

  importsOf(source: ts.SourceFile): ReadonlyMap<string, ImportedName> {
    return this.#files.get(source.fileName)!.imports;
  }

  /** The declaration that a name at the top level of a file refers to; nothing if it comes from a package. */
  resolve(name: string, source: ts.SourceFile): Declaration | undefined {
    const names = this.#files.get(source.fileName);
    const local = names?.declarations.get(name);
    if (local !== undefined) return local;
    const imported = names?.imports.get(name);
    return imported && imported.imported !== '*'
      ? this.#exported(imported.specifier, imported.imported, source.fileName)
      : undefined;
  }

  /** The declaration that an identifier or `namespace.Name` refers to. */
  resolveEntity(node: ts.Node): Declaration | undefined {
    const source = node.getSourceFile();
    if (ts.isIdentifier(node)) return this.resolve(node.text, source);
    if (!ts.isPropertyAccessExpression(node) && !ts.isQualifiedName(node)) return undefined;
    const [left, right] = ts.isQualifiedName(node) ? [node.left, node.right] : [node.expression, node.name];
    if (!ts.isIdentifier(left)) return undefined;
    const namespace = this.importsOf(source).get(left.text);
    return namespace?.imported === '*'
      ? this.#exported(namespace.specifier, right.text, source.fileName)
      : undefined;
  }

  /** The package that a name is imported from, such as `@nestjs/common`, and its name there. */
  packageOf(name: string, source: ts.SourceFile): { specifier: string; imported: string } | undefined {
    const imported = this.#files.get(source.fileName)?.imports.get(name);
    if (imported === undefined || imported.specifier.startsWith('.')) return undefined;
    return this.#resolver.resolve(imported.specifier, source.fileName) === undefined ? imported : undefined;
  }

  #exported(
    specifier: string,
    name: string,
    from: string,
    seen = new Set<string>(),
  ): Declaration | undefined {
    const file = this.#resolver.resolve(specifier, from);
    const names = file === undefined ? undefined : this.#files.get(file);
    if (names === undefined || seen.has(`${file}:${name}`)) return undefined;
    seen.add(`${file}:${name}`);
    const exported = names.exports.get(name);
    if (exported?.specifier !== undefined)
      return this.#exported(exported.specifier, exported.name, file!, seen);
    const local = names.declarations.get(exported?.name ?? name);
    if (local !== undefined) return local;
    // `import { X } from './x'; export { X };`
    const imported = exported && names.imports.get(exported.name);
    if (imported) return this.#exported(imported.specifier, imported.imported, file!, seen);
    for (const star of names.starExports) {
      const found = this.#exported(star, name, file!, seen);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
