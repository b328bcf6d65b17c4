import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { onCores } from '../../kit/server-process.js';

const ROOT = resolve(import.meta.dirname, '../../../../..');
const COPIED = [
  'apps',
  'libs',
  'tools',
  '.swcrc',
  'package.json',
  'package-lock.json',
  'dist/apps',
  'dist/.compiler.json',
];
const EDIT = 'an edit by the lab';

/** A copy of the repository with its build output, to edit and build as a developer does. */
export class Workspace {
  private constructor(
    private readonly dir: string,
    private readonly cores: string | undefined,
  ) {}

  /** @param cores those of the build */
  static async copy(dir: string, cores?: string, root = ROOT): Promise<Workspace> {
    for (const name of COPIED)
      await cp(join(root, name), join(dir, name), { recursive: true, preserveTimestamps: true });
    await linkPackages(join(root, 'node_modules'), join(dir, 'node_modules'));
    return new Workspace(dir, cores);
  }

  /** The folder of the built apps. */
  get code(): string {
    return join(this.dir, 'dist');
  }

  /** Edits a module and builds. @returns the seconds of the build */
  async editAndBuild(module: string): Promise<number> {
    const folder = join(this.dir, 'libs/modules', module);
    await appendFile(join(folder, `src/${module}.module.ts`), `\nvoid '${EDIT}';\n`);
    const started = performance.now();
    await this.run('tools/build.ts');
    await this.run('tools/bundle.ts');
    const seconds = (performance.now() - started) / 1000;
    const built = await readFile(join(folder, `dist/${module}.module.js`), 'utf8');
    if (!built.includes(EDIT)) throw new Error(`${module}.module.js was built without the edit`);
    return seconds;
  }

  private async run(tool: string): Promise<void> {
    const [program, ...args] = onCores(this.cores, process.execPath, tool);
    const child = spawn(program, args, { cwd: this.dir, stdio: ['ignore', 'pipe', 'inherit'] });
    const [printed] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    if (child.exitCode !== 0) throw new Error(`the edited code could not be built: ${printed}`);
  }

  /** Returns the bytes of the built code, compressed like the layer of an image. */
  async bytes(): Promise<number> {
    const child = spawn('tar', ['-cz', '--exclude=*.map', '--exclude=src', 'libs'], {
      cwd: this.dir,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let size = 0;
    for await (const chunk of child.stdout) size += (chunk as Buffer).length;
    return size;
  }
}

/** Links every package, and the libraries to those of the copy. */
async function linkPackages(from: string, to: string): Promise<void> {
  await mkdir(join(to, '@tearline'), { recursive: true });
  for (const name of await readdir(from))
    if (name !== '@tearline') await symlink(join(from, name), join(to, name));
  for (const name of await readdir(join(from, '@tearline')))
    await symlink(join('../../libs', name), join(to, '@tearline', name));
}
