import { sep } from 'node:path';
import { type ClassDeclaration, Node } from 'ts-morph';
import type { NestModule } from '../source/nest-module.js';

const ENHANCERS = new Set(['UseGuards', 'UseInterceptors', 'UsePipes', 'UseFilters']);
const ENHANCER_TOKENS = /^APP_(GUARD|INTERCEPTOR|PIPE|FILTER)$/;

/** Tells what belongs to a module from what calls it. */
export class ModuleBoundary {
  readonly #files: ReadonlySet<string>;
  readonly #folder: string | undefined;
  readonly #enhancers = new Map<ClassDeclaration, boolean>();

  constructor(module: NestModule, modules: readonly NestModule[]) {
    const members = [...module.classes('providers'), ...module.classes('controllers')];
    this.#files = new Set([module.file, ...members.map((member) => member.getSourceFile().getFilePath())]);
    const isShared = modules.some(
      (other) => other.file !== module.file && other.directory === module.directory,
    );
    this.#folder = isShared ? undefined : module.directory + sep;
  }

  containsFile(file: string): boolean {
    return this.#files.has(file) || (this.#folder !== undefined && file.startsWith(this.#folder));
  }

  /**
   * Whether code is the module's own. A guard, pipe, interceptor or middleware that others use is not, though it may lie in
   * the module's folder: Nest makes an instance of it for the module that uses it, in whose process it runs.
   */
  contains(node: Node): boolean {
    if (!this.containsFile(node.getSourceFile().getFilePath())) return false;
    const inClass = node.getFirstAncestor(Node.isClassDeclaration);
    return inClass === undefined || !this.#runsElsewhere(inClass);
  }

  #runsElsewhere(declaration: ClassDeclaration): boolean {
    const known = this.#enhancers.get(declaration);
    if (known !== undefined) return known;
    const runsElsewhere =
      declaration.getDecorator('Injectable') !== undefined &&
      declaration
        .findReferencesAsNodes()
        .some((name) => !this.containsFile(name.getSourceFile().getFilePath()) && isEnhancerPosition(name));
    this.#enhancers.set(declaration, runsElsewhere);
    return runsElsewhere;
  }
}

function isEnhancerPosition(name: Node): boolean {
  const decorator = name.getFirstAncestor(Node.isDecorator);
  if (decorator && ENHANCERS.has(decorator.getName())) return true;
  const call = name.getParent();
  if (Node.isCallExpression(call)) {
    const called = call.getExpression();
    return Node.isPropertyAccessExpression(called) && called.getName() === 'apply';
  }
  const provider = name.getFirstAncestor(Node.isObjectLiteralExpression)?.getProperty('provide');
  const token = Node.isPropertyAssignment(provider) ? provider.getInitializer()?.getText() : undefined;
  return token !== undefined && ENHANCER_TOKENS.test(token.replaceAll(/['"]/g, ''));
}
