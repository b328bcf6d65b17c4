import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findPython } from '@tearline/process';
import type { Contract } from '@tearline/seam';
import { exportContract } from '../../tools/contracts/export-contract.js';

export const SECRET = 'a secret between these hosts';
const APPS = 'apps';
/** Looking for it starts each Python in `PATH`. */
let found: ReturnType<typeof findPython> | undefined;
export const locatePython = () => (found ??= findPython(process.env['PATH'], APPS));

/** A program in the tests of `apps/social-fastapi`, with its lines of JSON. */
export interface PythonProgram {
  readonly child: ChildProcess;
  /** Ends it in any state, and waits for its exit. @returns its exit code */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Runs it with the contract as a file. */
async function run(
  module: string,
  contract: Contract,
  args: readonly string[],
  onLine: (line: Record<string, unknown>) => void,
  env: NodeJS.ProcessEnv = {},
): Promise<PythonProgram> {
  const folder = mkdtempSync(join(tmpdir(), 'contract-'));
  const file = join(folder, 'contract.json');
  const { name } = contract;
  const manifest = { name, contract, uses: [], routes: [], load: async () => class {} };
  writeFileSync(file, JSON.stringify(exportContract(manifest, [])));
  const python = await locatePython();
  const [program] = python.command('social');
  const child = spawn(program, ['-m', `tests.${module}`, file, ...args], {
    env: {
      ...process.env,
      ...python.env('social'),
      PYTHONDONTWRITEBYTECODE: '1',
      RPC_SECRET: SECRET,
      ...env,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  createInterface(child.stdout).on('line', (line) => onLine(JSON.parse(line) as Record<string, unknown>));
  const exited = once(child, 'exit').then(([code]) => {
    rmSync(folder, { recursive: true, force: true });
    return code as number | null;
  });
  const end = (signal: NodeJS.Signals = 'SIGKILL') => {
    child.kill(signal);
    return exited;
  };
  return { child, end };
}

/** The contract, answered in Python. */
export interface PythonCallee extends PythonProgram {
  readonly address: string;
  /** What it has logged as unexpected. */
  readonly errors: string[];
  /** Why it refused connections. */
  readonly events: string[];
}

/** @param options of the server in Python: limits, port, deployment */
export async function pythonCallee(contract: Contract, options: object = {}): Promise<PythonCallee> {
  const [errors, events]: [string[], string[]] = [[], []];
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const program = await run('probe_server', contract, [JSON.stringify(options)], (line) => {
    if ('port' in line) resolve(line['port'] as number);
    if ('error' in line) errors.push(String(line['error']));
    if ('event' in line) events.push(String(line['event']));
  });
  program.child.once('exit', (code) => reject(new Error(`the callee in Python ended with ${code}`)));
  return { ...program, address: `127.0.0.1:${await promise}`, errors, events };
}

/** What a call from Python ended with. */
export interface PythonReply {
  readonly result?: unknown;
  readonly code?: string;
  readonly message?: string;
  readonly retryable?: boolean;
}

/** Calls the contract from Python. */
export async function pythonCaller(
  contract: Contract,
  addresses: readonly string[],
  env: NodeJS.ProcessEnv = {},
) {
  const waiting = new Map<number, (reply: PythonReply) => void>();
  let last = 0;
  const program = await run(
    'probe_client',
    contract,
    [addresses.join(',')],
    ({ number, ...reply }) => waiting.get(number as number)?.(reply),
    env,
  );
  const call = (path: string, value: unknown = null) =>
    new Promise<PythonReply>((resolve) => {
      waiting.set((last += 1), resolve);
      program.child.stdin!.write(`${JSON.stringify([last, path, value])}\n`);
    });
  return { ...program, call };
}
