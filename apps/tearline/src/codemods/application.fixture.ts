import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const PACKAGES = fileURLToPath(new URL('../../../../node_modules', import.meta.url));

/** An application in a folder of its own, under git, that is removed with the end of the test. */
export class FixtureApplication {
  private constructor(readonly directory: string) {}

  static create(files: Readonly<Record<string, string>>, { packages = false } = {}): FixtureApplication {
    const application = new FixtureApplication(mkdtempSync(join(tmpdir(), 'tearline-')));
    onTestFinished(() => rmSync(application.directory, { recursive: true }));
    application.write({ '.gitignore': '/node_modules\ndist\n', ...files });
    if (packages) symlinkSync(PACKAGES, join(application.directory, 'node_modules'));
    application.git('init', '-q');
    application.commit();
    return application;
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.directory, path)), { recursive: true });
      writeFileSync(join(this.directory, path), text);
    }
  }

  read(path: string): string {
    return readFileSync(join(this.directory, path), 'utf8');
  }

  /** Replaces a text that a file has. */
  edit(path: string, from: string, to: string): void {
    const text = this.read(path);
    if (!text.includes(from)) throw new Error(`${path} does not have: ${from}`);
    this.write({ [path]: text.replace(from, () => to) });
  }

  commit(): void {
    this.git('add', '-A');
    this.git(
      '-c',
      'user.name=test',
      '-c',
      'user.email=test@example.com',
      'commit',
      '-q',
      '--allow-empty',
      '-m',
      'a step',
    );
  }

  /** What differs from the last commit, new files included. */
  diff(from = 'HEAD'): string {
    this.git('add', '-AN');
    return this.git('diff', from).replaceAll(/^index .*\n/gm, '');
  }

  git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.directory, encoding: 'utf8' });
  }
}

/** Reads the files of a folder, by their paths in it. */
export function filesIn(directory: URL, prefix = ''): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [join(prefix, path.slice(fileURLToPath(directory).length)), readFileSync(path, 'utf8')];
    }),
  );
}
