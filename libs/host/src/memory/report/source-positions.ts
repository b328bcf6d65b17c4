import { existsSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Frame } from '../files/allocation-profile.js';

/** The repository, or the folder of the application in an image. */
const ROOT = fileURLToPath(new URL('../../../../..', import.meta.url));
/** The bundle of the hosts. Names of its files contain a hash of their content, so one from elsewhere is this one. */
const BUNDLE = join(ROOT, 'dist/hosts');

/** A function in the source. */
export interface Position {
  readonly functionName: string;
  /** Relative to the repository; a package, a URL or a path elsewhere. Empty for what V8 does itself. */
  readonly file: string;
  readonly line: number;
}

/** Finds the functions of the source in what was built of it. */
export class SourcePositions {
  readonly #maps = new Map<string, { readonly map: SourceMap; readonly folder: string } | undefined>();

  positionOf([functionName, script, line, column]: Frame): Position {
    // The bundle renames functions of the same name.
    const name = functionName.replace(/\$\d+$/, '') || '(anonymous)';
    if (!/^(file:|\/)/.test(script)) return { functionName: name, file: script, line };
    const path = script.startsWith('file:') ? fileURLToPath(script) : script;
    const found = this.#mapOf(path);
    const entry = found?.map.findEntry(line - 1, column - 1);
    if (found === undefined || !entry || !('originalSource' in entry))
      return { functionName: name, file: shown(path), line };
    const source = entry.originalSource.replace(/^file:\/\//, '');
    return { functionName: name, file: shown(resolve(found.folder, source)), line: entry.originalLine + 1 };
  }

  #mapOf(path: string) {
    if (!this.#maps.has(path)) this.#maps.set(path, load(path));
    return this.#maps.get(path);
  }
}

function load(path: string) {
  const file = [`${path}.map`, join(BUNDLE, `${basename(path)}.map`)].find((each) => existsSync(each));
  if (file === undefined) return undefined;
  const payload = JSON.parse(readFileSync(file, 'utf8')) as SourceMapPayload;
  return { map: new SourceMap(payload), folder: dirname(file) };
}

/** Returns a path within the repository, from there; of a package, from its name. */
function shown(path: string): string {
  const inPackages = path.lastIndexOf('/node_modules/');
  if (inPackages >= 0) return path.slice(inPackages + 1);
  const within = relative(ROOT, path);
  return within.startsWith('..') ? path : within;
}
