/** The exported files in a tree. */
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const FOLDER = 'contracts';

/** Texts by the path from the root of the repository. */
type Files = ReadonlyMap<string, string>;

/** Returns a line for each file that is missing, differs, or belongs to nothing. */
export function differencesOf(files: Files, root: string): string[] {
  const differing = [...files].flatMap(([file, text]) => {
    const path = join(root, file);
    if (!existsSync(path)) return [`${file} is missing`];
    return readFileSync(path, 'utf8') === text ? [] : [`${file} is not what the code says`];
  });
  return [...differing, ...leftOver(files, root).map((file) => `${file} belongs to no contract`)];
}

/** Writes the files that differ, and removes those that belong to nothing. @returns their paths */
export function writeFiles(files: Files, root: string): string[] {
  const removed = leftOver(files, root);
  for (const file of removed) rmSync(join(root, file));
  const written = [...files].filter(([file, text]) => {
    const path = join(root, file);
    if (existsSync(path) && readFileSync(path, 'utf8') === text) return false;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return true;
  });
  return [...removed, ...written.map(([file]) => file)];
}

const leftOver = (files: Files, root: string) =>
  globSync(`${FOLDER}/*/**/*.{json,sql}`, { cwd: root }).filter((file) => !files.has(file));
