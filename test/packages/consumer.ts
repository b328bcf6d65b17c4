import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const sources = fileURLToPath(new URL('consumers', import.meta.url));

const ofThisRepository =
  /^(npm_(?!config_(cache|registry|userconfig|globalconfig|cafile|(https_?|no)?proxy|strict_ssl)$)|NODE_(?!EXTRA_CA_CERTS$|USE_SYSTEM_CA$)|VITE|TEST$|INIT_CWD$)/i;

/** Of this process's environment, what is not about this repository, its tests and the npm script that runs them. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !ofThisRepository.test(name)),
);

/** The shop as an application of its own outside the repository, on the Nest and with the tools that its package.json names. */
export class Consumer {
  readonly #folder: string;

  /** @param parent folder that takes the application's */
  constructor(
    name: string,
    parent: string,
    private readonly nodeOptions = '',
  ) {
    this.#folder = join(parent, name);
    mkdirSync(this.#folder);
    for (const from of ['shop', name, 'types'])
      cpSync(join(sources, from), from === 'types' ? join(this.#folder, from) : this.#folder, {
        recursive: true,
      });
  }

  async install(tarball: string): Promise<void> {
    const options = ['--prefer-offline', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund'];
    await this.#run('npm', ['install', ...options, tarball]);
  }

  /** Runs a program of an installed package. Rejects with its output when it fails. */
  run(program: string, ...args: string[]): Promise<string> {
    return this.node(join('node_modules', program), ...args);
  }

  node(...args: string[]): Promise<string> {
    return this.#run(process.execPath, args);
  }

  /** Does something as if a package were not installed. */
  async without(name: string, action: () => Promise<void>): Promise<void> {
    const [there, away] = [join(this.#folder, 'node_modules', name), join(this.#folder, `without-${name}`)];
    if (!existsSync(there)) return action();
    renameSync(there, away);
    await action().finally(() => renameSync(away, there));
  }

  async #run(command: string, args: string[]): Promise<string> {
    const env = { ...environment, NODE_OPTIONS: this.nodeOptions };
    try {
      const { stdout } = await promisify(execFile)(command, args, { cwd: this.#folder, env });
      return stdout;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${[command, ...args].join(' ')} failed in ${this.#folder}:\n${stdout}${stderr}`, {
        cause: error,
      });
    }
  }
}
