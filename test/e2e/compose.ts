/**
 * Runs the end-to-end suite against topologies in containers: builds, starts, tests through nginx, and takes everything
 * down again, whatever happened. Node runs it as it is, types stripped.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HELP = `npm run e2e:compose -- <topology | --alone=module>…

Needs Docker with its compose plugin. Runs in a project of its own, on a free port, beside whatever else runs.
`;
const PROJECT = 'tearline-e2e';
const COMPOSE = 'dist/apps/compose/src/main.js';

/** Why containers cannot be run here; undefined when they can. */
function obstacle(): string | undefined {
  const asked = spawnSync('docker', ['compose', 'version']);
  if (asked.error) return 'docker is not installed';
  if (asked.status !== 0) return 'docker has no compose plugin';
  const engine = spawnSync('docker', ['info'], { timeout: 30_000 });
  return engine.status === 0 ? undefined : 'no Docker engine answers';
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return `${port}`;
}

async function compose(env: NodeJS.ProcessEnv, ...args: string[]): Promise<number> {
  const child = spawn(process.execPath, [COMPOSE, '--project', PROJECT, ...args], { env, stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

/** What the project has left of one kind. */
function leftOf(kind: 'container' | 'volume' | 'network'): string[] {
  const filter = `label=com.docker.compose.project=${PROJECT}`;
  const all = kind === 'container' ? ['--all'] : [];
  const { stdout } = spawnSync('docker', [kind, 'ls', ...all, '--quiet', '--filter', filter], {
    encoding: 'utf8',
  });
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((id) => `${kind} ${id}`);
}

async function run(topology: string, folder: string): Promise<string> {
  const report = join(folder, `${topology}.json`);
  const env = { ...process.env, PORT: await freePort() };
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  const tested = await compose(env, topology, 'e2e', '--', ...reporters);
  const ended = await compose(env, topology, 'down', '--volumes');
  const left = (['container', 'volume', 'network'] as const).flatMap(leftOf);
  const problems = [
    ...(tested === 0 ? [] : [`the suite ended with ${tested}`]),
    ...(ended === 0 ? [] : [`down ended with ${ended}`]),
    ...(left.length === 0 ? [] : [`left behind: ${left.join(', ')}`]),
  ];
  process.exitCode ||= problems.length === 0 ? 0 : 1;
  return `${topology}: ${counted(report)}${problems.map((each) => `; ${each}`).join('')}`;
}

function counted(report: string): string {
  try {
    const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(readFileSync(report, 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
    };
    return `${passed} passed, ${failed} failed`;
  } catch {
    return 'no tests ran';
  }
}

// A terminal interrupts the children too; what is running has to be taken down before this ends.
let isInterrupted = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => (isInterrupted = true));

const topologies = process.argv.slice(2);
const known = readdirSync('topologies').map((file) => file.replace(/[.]yaml$/, ''));
const unknown = topologies.find((name) => !known.includes(name) && !name.startsWith('--alone='));
const why = obstacle();
if (topologies.length === 0 || unknown !== undefined) {
  process.stderr.write(unknown ? `no topology '${unknown}'; known: ${known.join(', ')}\n` : HELP);
  process.exitCode = 2;
} else if (why) {
  process.stderr.write(`Containers cannot be run here: ${why}.\n`);
  process.exitCode = 3;
} else {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-compose-'));
  const lines: string[] = [];
  for (const topology of topologies) {
    if (isInterrupted) break;
    process.stdout.write(`\n── ${topology}\n`);
    lines.push(await run(topology, folder));
  }
  rmSync(folder, { recursive: true });
  process.stdout.write(`\n${lines.join('\n')}\n`);
}
