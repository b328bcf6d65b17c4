// Runs TypeScript sources, those of the libraries included: Node strips types, but supports neither decorators nor `.js` for
// `.ts`. Keeps its output in the folder `COMPILED`, if there is one, for the next processes.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const folder = process.env['COMPILED'];
const require = createRequire(import.meta.url);

registerHooks({
  resolve(specifier, context, next) {
    if (/^\.{1,2}\//.test(specifier) && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts')) {
      const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      if (existsSync(source)) return { url: source.href, shortCircuit: true };
    }
    return next(specifier, { ...context, conditions: ['@tearline/source', ...context.conditions] });
  },
  load(url, context, next) {
    if (!url.endsWith('.ts') || url.includes('/node_modules/')) return next(url, context);
    return { format: 'module', source: compiled(fileURLToPath(url)), shortCircuit: true };
  },
});

function compiled(file: string): string {
  const source = readFileSync(file, 'utf8');
  if (!folder) return compile(source, file);
  const kept = join(folder, `${createHash('sha256').update(file).update(source).digest('hex')}.js`);
  if (existsSync(kept)) return readFileSync(kept, 'utf8');
  const output = compile(source, file);
  // Another process may be writing the same.
  const unfinished = `${kept}.${process.pid}`;
  writeFileSync(unfinished, output);
  renameSync(unfinished, kept);
  return output;
}

function compile(source: string, file: string): string {
  const ts = require('typescript') as typeof import('typescript');
  const { outputText } = ts.transpileModule(source, {
    fileName: pathToFileURL(file).href,
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2024,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      useDefineForClassFields: false,
    },
  });
  return outputText;
}
