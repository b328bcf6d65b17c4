import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const ROOT = resolve(import.meta.dirname, '../../../../..');
const SOURCES = ['apps', 'libs', 'nest-cli.json', 'tsconfig.json', 'package.json'];
const BUILT = ['apps/service', 'libs', 'service.tsbuildinfo'];
const EDIT = 'an edit by the lab';

/** A copy of the repository to edit and build in, with what is built already, as a developer has it. */
export class Workspace {
  private constructor(
    private readonly dir: string,
    private readonly core: string | undefined,
  ) {}

  /** @param core where it builds */
  static async copy(dir: string, core: string | undefined): Promise<Workspace> {
    await mkdir(join(dir, 'dist'), { recursive: true });
    for (const name of SOURCES) await cp(join(ROOT, name), join(dir, name), { recursive: true });
    for (const name of BUILT)
      await cp(join(ROOT, 'dist', name), join(dir, 'dist', name), {
        recursive: true,
        preserveTimestamps: true,
      });
    await symlink(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
    await reuse(join(dir, 'dist'));
    return new Workspace(dir, core);
  }

  /** Where the built code is. */
  get code(): string {
    return join(this.dir, 'dist');
  }

  /** Changes a module, and builds what runs it. @returns seconds that the build took */
  async editAndBuild(module: string): Promise<number> {
    const file = `libs/modules/${module}/src/${module}.module`;
    await appendFile(join(this.dir, `${file}.ts`), `\nvoid '${EDIT}';\n`);
    const started = performance.now();
    const nest = join(this.dir, 'node_modules/.bin/nest');
    const build = [process.execPath, nest, 'build', 'service'] as const;
    const [program, ...args] = this.core === undefined ? build : ['taskset', '-c', this.core, ...build];
    const child = spawn(program, args, { cwd: this.dir, stdio: ['ignore', 'pipe', 'inherit'] });
    const [printed] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    if (child.exitCode !== 0) throw new Error(`the edited code could not be built: ${printed}`);
    const seconds = (performance.now() - started) / 1000;
    const built = await readFile(join(this.code, `${file}.js`), 'utf8');
    if (!built.includes(EDIT)) throw new Error(`${file}.js was built without the edit`);
    return seconds;
  }

  /** Bytes of all built code, compressed as an image's layer is. */
  async bytes(): Promise<number> {
    const child = spawn('tar', ['-cz', '--exclude=*.map', 'apps/service', 'libs'], {
      cwd: this.code,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let size = 0;
    for await (const chunk of child.stdout) size += (chunk as Buffer).length;
    return size;
  }
}

/**
 * Tells the compiler where the packages are, seen from the copy. It knows each file by its path from here, and would take
 * all of them for new ones and build everything.
 */
async function reuse(dist: string): Promise<void> {
  const file = join(dist, 'service.tsbuildinfo');
  const known = JSON.parse(await readFile(file, 'utf8')) as { fileNames: string[] };
  const fileNames = known.fileNames.map((name) => {
    const path = resolve(ROOT, 'dist', name);
    const isCopied = SOURCES.some((source) => path.startsWith(join(ROOT, source)));
    return isCopied ? name : relative(dist, path);
  });
  await writeFile(file, JSON.stringify({ ...known, fileNames }));
}
