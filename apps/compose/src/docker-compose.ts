import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { UsageError } from '@tearline/process';

const execute = promisify(execFile);

/** One container of a project, as `docker compose ps` reports it. */
export interface Container {
  readonly ID: string;
  readonly Service: string;
  readonly State: string;
  /** Empty for a container without a health check. */
  readonly Health: string;
  readonly ExitCode: number;
}

/** `docker compose` with one compose file. */
export class DockerCompose {
  #isThere: Promise<void> | undefined;

  constructor(
    private readonly file: string,
    readonly project: string | undefined,
    private readonly env: NodeJS.ProcessEnv,
    /** Additional compose files that override parts of it. */
    private readonly overrides: readonly string[] = [],
  ) {}

  /** Runs a command with its output on standard error. @throws Error when it fails */
  async run(...args: readonly string[]): Promise<void> {
    await this.#check();
    const child = spawn('docker', this.#args(args), { stdio: ['ignore', 2, 2], env: this.env });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`docker compose ${args.join(' ')} ended with ${code ?? 'a signal'}`);
  }

  /** Runs a command and returns its standard output. @throws Error with its standard error when it fails */
  async output(...args: readonly string[]): Promise<string> {
    await this.#check();
    const child = spawn('docker', this.#args(args), { stdio: ['ignore', 'pipe', 'pipe'], env: this.env });
    const [[code], out, mistakes] = await Promise.all([
      once(child, 'exit') as Promise<[number | null]>,
      text(child.stdout),
      text(child.stderr),
    ]);
    if (code !== 0) throw new Error(`docker compose ${args.join(' ')}: ${mistakes.trim()}`);
    return out;
  }

  /** Returns all containers, ended ones included. */
  async containers(): Promise<Container[]> {
    const out = await this.output('ps', '--all', '--format', 'json');
    // Older releases print one JSON array, newer ones a JSON object a line.
    const texts = out.startsWith('[') ? [out] : out.split('\n').filter(Boolean);
    return texts.flatMap((each) => JSON.parse(each) as Container | Container[]);
  }

  /** @throws UsageError where Docker or its plugin is not installed */
  #check(): Promise<void> {
    return (this.#isThere ??= assertInstalled(this.env));
  }

  #args(args: readonly string[]): string[] {
    const project = this.project === undefined ? [] : ['--project-name', this.project];
    const files = [this.file, ...this.overrides].flatMap((file) => ['--file', file]);
    return ['compose', ...files, ...project, ...args];
  }
}

async function assertInstalled(env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await execute('docker', ['compose', 'version'], { env });
  } catch (error) {
    throw new UsageError(
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'docker is not installed, or not in PATH. See https://docs.docker.com/engine/install/'
        : 'docker has no plugin called compose. Install it with `apt install docker-compose-v2` (Ubuntu), ' +
            "`apt install docker-compose-plugin` (Docker's own packages) or Docker Desktop; `docker compose version` shows it.",
    );
  }
}
