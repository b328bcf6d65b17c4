import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type CallExpression, Node, type Project, type SourceFile, SyntaxKind } from 'ts-morph';
import { UsageError } from '../../usage-error.js';
import { isTest } from './is-test.js';
import { NestModule } from './nest-module.js';
import { classOf } from './resolve-class.js';

/** Where an application starts. */
export interface EntryPoint {
  readonly main: SourceFile;
  /** `NestFactory.create(AppModule)`. */
  readonly create: CallExpression;
  readonly rootModule: NestModule;
}

/** Finds the file that creates the application, and the module that it creates it from. */
export function entryPointOf(project: Project, dir: string): EntryPoint {
  const files = project.getSourceFiles().filter((file) => !isTest(file.getFilePath()));
  const found = files.flatMap((main) =>
    main
      .getDescendantsOfKind(SyntaxKind.CallExpression)
      .filter((call) => call.getExpression().getText() === 'NestFactory.create')
      .map((create) => ({ main, create })),
  );
  const preferred = entryFile(dir);
  const chosen =
    found.find(({ main }) => main.getFilePath() === preferred) ??
    found.find(({ main }) => main.getBaseNameWithoutExtension() === 'main') ??
    found[0];
  if (!chosen)
    throw new UsageError(
      `${dir}: expected a file that calls NestFactory.create(), and found none in ${files.length} files`,
    );
  const [argument] = chosen.create.getArguments();
  const declaration = Node.isExpression(argument) ? classOf(argument) : undefined;
  if (!declaration)
    throw new UsageError(
      `${chosen.main.getFilePath()}: expected NestFactory.create(AppModule) with a class, got ${argument?.getText().slice(0, 40)}`,
    );
  return { ...chosen, rootModule: new NestModule(declaration) };
}

/** The entry file that `nest-cli.json` names. */
function entryFile(dir: string): string {
  const file = join(dir, 'nest-cli.json');
  const { sourceRoot = 'src', entryFile: entry = 'main' } = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { sourceRoot?: string; entryFile?: string })
    : {};
  return resolve(dir, sourceRoot, `${entry}.ts`);
}
