import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { moduleNames } from '@tearline/modules';
import { Api } from '../../support/api-client.js';
import { atOnce } from '../../support/at-once.js';
import { Browser } from '../../support/browser.js';
import { register } from '../../support/conduit.js';
import { startTopology } from '../../support/running-topology.js';

const SESSIONS_PER_USER = 100;
const AT_ONCE = 8;

export interface LostSessions {
  readonly sessions: number;
  /** Of each process, before one is killed. */
  readonly perProcess: readonly number[];
  /** Sessions that the other process refuses after the kill. */
  readonly lost: number;
}

/**
 * Opens sessions at two processes with all modules, kills one with SIGKILL, and continues each session at the process that is
 * left. Each client stays with one process for as long as that lives, as a sticky balancer makes it.
 * @param env where the sessions are: `SESSIONS`, `REDIS_URL`
 */
export async function loseSessions(count: number, env: Record<string, string>): Promise<LostSessions> {
  const folder = await mkdtemp(join(tmpdir(), 'tearline-sessions-'));
  const file = join(folder, 'pair.yaml');
  await writeFile(file, `hosts:\n  app: { modules: [${moduleNames.join(', ')}], replicas: 2 }\n`);
  const settings = { SESSIONS_PER_USER: `${SESSIONS_PER_USER}`, LOG_LEVEL: 'warn', ...env };
  const topology = await startTopology(file, { env: settings });
  try {
    const [doomed, other] = topology.hosts;
    if (!doomed || !other) throw new Error(`expected two processes, got ${topology.hosts.length}`);
    const users = await atOnce(Math.ceil(count / SESSIONS_PER_USER), AT_ONCE, () =>
      register(new Api(topology.url)),
    );
    const browsers = await atOnce(count, AT_ONCE, async (index) => {
      const process = index % 2 === 0 ? doomed : other;
      const browser = new Browser(new Api(process.url));
      await browser.logIn(users[Math.floor(index / SESSIONS_PER_USER)]!);
      const { status } = await browser.get('/api/user');
      if (status !== 200) throw new Error(`a new session is refused with ${status}`);
      return browser;
    });
    process.kill(doomed.pid, 'SIGKILL');
    const statuses = await atOnce(count, AT_ONCE, async (index) => {
      const cookie = browsers[index]!.cookie!;
      return (await new Api(other.url).get('/api/user', { cookie })).status;
    });
    const unexpected = statuses.find((status) => status !== 200 && status !== 401);
    if (unexpected !== undefined) throw new Error(`a session got ${unexpected}, expected 200 or 401`);
    return {
      sessions: count,
      perProcess: [Math.ceil(count / 2), Math.floor(count / 2)],
      lost: statuses.filter((status) => status === 401).length,
    };
  } finally {
    await topology.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
