import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

/** How a process ended: its exit code, or the signal that ended it. */
export type Exit = number | NodeJS.Signals;

/** An app that runs as a process of its own and has said that it is ready. */
export interface RunningApp {
  /** Where it listens, without a trailing slash. */
  url: string;
  pid: number;
  /** Asks it to end, and waits until it has. One that does not end in time is killed, and that is an error. */
  stop(signal?: NodeJS.Signals): Promise<Exit>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<Exit>;
  /** What it has written so far, standard output and standard error, line by line. */
  logs(): string[];
  exited: Promise<Exit>;
}

export interface StartOptions {
  /** Added to the environment. The databases and the settings of the app are not inherited, only what is named here. */
  env?: Record<string, string>;
  /** The built entry, relative to the repository: by default the monolith's bundle, which starts in half the CPU time, or its files. */
  entry?: string;
  args?: string[];
  /** Where its embedded data lives; by default a temporary folder that goes when the app goes. */
  dir?: string;
  /** Milliseconds it may take to become ready, and to end. */
  within?: number;
}

/** Tests run from sources and compiled, but always from the root of the repository. */
const repository = process.cwd();
const settings =
  /^(PORT|HOST|NODE_ENV|(LOGS?|MEMORY|TEARLINE|REDIS|EVENTS|OPERATOR|SMTP|MAIL|MEDIA|REPLICA|HOST|SEAM)_\w+|CACHE\w*|CONSISTENCY\w*|VITEST\w*|(\w+_)?DATABASE_(REPLICA_)?URLS?)$/;

const FILES = 'dist/apps/monolith/src/main.js';
const BUNDLE = 'dist/hosts/monolith.js';
/** The build deletes a bundle that is older than a source. */
const monolith = () => (existsSync(resolve(repository, BUNDLE)) ? BUNDLE : FILES);

/**
 * Starts a built app as an operating system process on a free port, and waits until `/health/ready` answers 200.
 * Rejects, with the end of the log, when the app is not built, ends early or is not ready in time.
 */
export async function startApp(options: StartOptions = {}): Promise<RunningApp> {
  const { env = {}, entry = monolith(), args = [], within = 60_000 } = options;
  const file = resolve(repository, entry);
  if (!existsSync(file)) {
    throw new Error(`${entry} does not exist: run \`npm run build\` first`);
  }
  const dir = options.dir ?? (await temporaryDir());
  const child = spawn(process.execPath, [file, ...args], {
    cwd: repository,
    env: {
      ...inherited(),
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_FORMAT: 'json',
      TEARLINE_DIR: dir,
      // A suite writes more, as one user, than a person does.
      WRITES_PER_MINUTE: '1000000',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stopWithUs = () => child.kill('SIGTERM');
  process.once('exit', stopWithUs);
  const exited = exitOf(child).then(async (exit) => {
    process.off('exit', stopWithUs);
    if (options.dir === undefined) {
      await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    }
    return exit;
  });

  const lines: string[] = [];
  const listening = new Promise<string>((found) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        const url = listeningUrl(line);
        if (url !== undefined) {
          found(url);
        }
      });
    }
  });
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const exit = await Promise.race([exited, pause(within, undefined, { ref: false })]);
    if (exit === undefined) {
      child.kill('SIGKILL');
      throw new Error(`the app did not end within ${within} ms of ${signal}\n${tail(lines)}`);
    }
    return exit;
  };

  try {
    const url = await readyUrl(listening, exited, within);
    const pid = child.pid ?? 0;
    return {
      url,
      pid,
      stop: (signal = 'SIGTERM') => end(signal),
      kill: () => end('SIGKILL'),
      logs: () => [...lines],
      exited,
    };
  } catch (error) {
    child.kill('SIGKILL');
    await exited;
    throw new Error(`the app did not start: ${String(error)}\n${tail(lines)}`, { cause: error });
  }
}

async function readyUrl(listening: Promise<string>, exited: Promise<Exit>, within: number): Promise<string> {
  const deadline = AbortSignal.timeout(within);
  const tooLate = new Promise<never>((_, reject) => {
    deadline.addEventListener('abort', () => reject(new Error(`not ready within ${within} ms`)));
  });
  const ended = exited.then((exit) => {
    throw new Error(`it ended with ${exit}`);
  });
  // Both outlive the race, which ignores the later rejections.
  tooLate.catch(() => {});
  ended.catch(() => {});

  const url = await Promise.race([listening, ended, tooLate]);
  while (!(await isReady(url, deadline))) {
    await Promise.race([pause(25), ended, tooLate]);
  }
  return url;
}

async function isReady(url: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(`${url}/health/ready`, { signal }).catch(() => undefined);
  await response?.body?.cancel();
  return response?.status === 200;
}

function listeningUrl(line: string): string | undefined {
  if (!/^\{.*"msg":"listening"/.test(line)) {
    return undefined;
  }
  const entry = JSON.parse(line) as { url?: string; process?: string };
  // One of several processes whose output this is.
  if (entry.process !== undefined) return undefined;
  return entry.url?.replace(/\/$/, '');
}

async function exitOf(child: ChildProcess): Promise<Exit> {
  const closed = once(child, 'close');
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  // The last lines of the log are still on their way; but a grandchild that lives on may keep the pipes open for good.
  await Promise.race([closed, pause(500)]);
  return code ?? signal ?? 0;
}

async function temporaryDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tearline-'));
  // PostgreSQL refuses to run as root and takes another user, who must be able to walk in.
  await chmod(dir, 0o755);
  return dir;
}

function inherited(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !settings.test(name)));
}

function tail(lines: string[]): string {
  return lines.slice(-40).join('\n');
}
