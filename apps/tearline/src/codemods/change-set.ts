import { existsSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import type { Project } from 'ts-morph';

const RECORDS = '.tearline';

/** A file before and after a codemod; undefined where it does not exist. */
export interface Change {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Files that a codemod changes, creates or removes. Nothing is written before `write()`. */
export class ChangeSet {
  readonly #changes = new Map<string, Change>();

  constructor(readonly root: string) {}

  get changes(): Change[] {
    return [...this.#changes.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  }

  set(path: string, after: string | undefined): void {
    const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    if (before === after) this.#changes.delete(path);
    else this.#changes.set(path, { path, before, after });
  }

  /** Takes over what was changed in memory. */
  addProject(project: Project): void {
    for (const file of project.getSourceFiles())
      if (!file.isSaved()) this.set(file.getFilePath(), file.getFullText());
  }

  /** As a unified diff, with paths relative to the root. Records, which are diffs themselves, are left out. */
  diff(): string {
    return this.#sources.map((change) => this.#diffOf(change)).join('');
  }

  get #sources(): Change[] {
    return this.changes.filter(({ path }) => !path.startsWith(join(this.root, RECORDS)));
  }

  /** `3 files, 12 lines added, 7 removed`. */
  summary(): string {
    const lines = this.diff().split('\n');
    const count = (sign: string) =>
      lines.filter((line) => line.startsWith(sign) && !line.startsWith(sign.repeat(3))).length;
    const files = this.#sources.length;
    return `${files} ${files === 1 ? 'file' : 'files'}, ${count('+')} lines added, ${count('-')} removed`;
  }

  write(): void {
    for (const { path, after } of this.changes) {
      if (after === undefined) rmSync(path);
      else {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, after);
      }
    }
  }

  #diffOf({ path, before, after }: Change): string {
    const name = relative(this.root, path);
    const [from, to] = [
      before === undefined ? '/dev/null' : `a/${name}`,
      after === undefined ? '/dev/null' : `b/${name}`,
    ];
    const patch = createTwoFilesPatch(from, to, before ?? '', after ?? '', undefined, undefined, {
      context: 3,
    });
    return patch.replace(/^=+\n/, '');
  }
}

/** The file that keeps what an extraction changed, so that it can be reversed to the letter. */
export const recordOf = (root: string, module: string): string =>
  join(root, RECORDS, `extract-${module}.patch`);
