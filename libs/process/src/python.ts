import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { UsageError } from './script.js';

/** Debian's packages are for its own Python alone. */
const DEBIANS = '/usr/bin';
const PACKAGES = ['fastapi', 'asyncpg', 'uvicorn', 'cryptography'];
const INSTALLATION =
  '`apt install python3-fastapi python3-asyncpg python3-uvicorn python3-cryptography` (Debian, Ubuntu)';

/** How to run a module that is written in Python: `apps/<module>-fastapi`. */
export interface Python {
  command(module: string): [program: string, ...args: string[]];
  /** @param path folders of further code, which Python looks through last */
  env(module: string, path?: string): NodeJS.ProcessEnv;
}

/**
 * Finds a Python with the packages of the modules: the first `python3` in `PATH` that has them, or Debian's.
 * @param folder the folder of the apps
 * @throws UsageError with the installation command when Python, or a package, is missing
 */
export async function findPython(path = '', folder: string): Promise<Python> {
  const folders = [...new Set([...path.split(delimiter).filter(Boolean), DEBIANS])];
  const reasons: string[] = [];
  for (const program of folders.map((each) => join(each, 'python3'))) {
    if (!existsSync(program)) continue;
    const reason = await problemOf(program);
    if (reason === undefined)
      return {
        command: (module) => [program, '-m', module],
        env: (module, path) => ({
          PYTHONPATH: [join(folder, `${module}-fastapi`), ...(path ? [path] : [])].join(delimiter),
          PYTHONUNBUFFERED: '1',
        }),
      };
    reasons.push(`${program} ${reason}`);
  }
  const found = reasons.length > 0 ? reasons.join('; ') : 'python3 is not in PATH';
  throw new UsageError(
    `a host in FastAPI needs Python 3.11 or newer with its packages: ${found}. Install them with ${INSTALLATION}.`,
  );
}

/** Returns why a Python cannot run the modules. */
async function problemOf(program: string): Promise<string | undefined> {
  // Finds the packages without loading them, which takes a second.
  const names = PACKAGES.map((name) => `'${name}'`).join();
  const script = `import sys; from importlib.util import find_spec
missing = [name for name in (${names}) if not find_spec(name)]
sys.exit('is too old' if sys.version_info < (3, 11) else 'does not have ' + ', '.join(missing) if missing else 0)`;
  try {
    await promisify(execFile)(program, ['-c', script]);
    return undefined;
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    return stderr.trim().split('\n').at(-1) || message;
  }
}
