import { setTimeout as pause } from 'node:timers/promises';
import { Api } from '../../support/api-client.js';
import { articlePath, type Person, profilePath, publish, register } from '../../support/conduit.js';
import type { HostProcess, RunningTopology } from '../../support/running-topology.js';

/** Requests of a user to each module, most of them for what does not exist. */
const PROBES: Readonly<Record<string, readonly [method: string, path: string]>> = {
  identity: ['GET', '/api/user'],
  social: ['POST', `${profilePath('no such user')}/follow`],
  articles: ['GET', '/api/articles/feed'],
  comments: ['DELETE', `${articlePath('no-such-article')}/comments/1`],
  notifications: ['GET', '/api/notifications'],
  media: ['DELETE', '/api/media/1'],
};
const PROBE_INTERVAL_MS = 2;
const TIMEOUT_MS = 60_000;

/** What one change of a password showed. */
export interface PasswordChange {
  /**
   * By host, when the last request that was accepted with the old token was sent: milliseconds after the response to the change,
   * negative before it.
   */
  readonly lastAccepted: Readonly<Record<string, number>>;
}

/** Sends requests with a token to one host until it refuses it. @returns when the last accepted one was sent */
async function lastAccepted(
  { url, modules }: HostProcess,
  token: string,
  isChanged: () => boolean,
): Promise<number> {
  const [method, path] = PROBES[modules[0]!]!;
  const api = new Api(url, token);
  let last = -Infinity;
  const deadline = performance.now() + TIMEOUT_MS;
  for (;;) {
    const sent = performance.now();
    const { status } = await api.send(method, path);
    if (status !== 401) last = sent;
    else if (isChanged()) return last;
    if (sent > deadline) throw new Error(`${url} accepts the old token for over ${TIMEOUT_MS} ms`);
    await pause(PROBE_INTERVAL_MS);
  }
}

/** Changes the password of a new user while each host gets requests with their old token. */
async function changePassword(topology: RunningTopology): Promise<PasswordChange> {
  const api = new Api(topology.url);
  const { token, api: mine }: Person = await register(api);
  // All hosts have verified the token before.
  for (const { url, modules } of topology.hosts) {
    const [method, path] = PROBES[modules[0]!]!;
    const { status } = await new Api(url, token).send(method, path);
    if (status === 401) throw new Error(`${url} refuses a new token`);
  }
  let changedAt: number | undefined;
  const probes = topology.hosts.map(async (host) => {
    const last = await lastAccepted(host, token, () => changedAt !== undefined);
    return [host.name, last] as const;
  });
  await pause(20);
  const { status } = await mine.put('/api/user', { user: { password: 'another password' } });
  changedAt = performance.now();
  if (status !== 200) throw new Error(`the change of the password answered ${status}`);
  const found = await Promise.all(probes);
  return { lastAccepted: Object.fromEntries(found.map(([name, last]) => [name, last - changedAt])) };
}

/**
 * Changes passwords one after the other while others read and write through nginx.
 * @param count of changes
 * @param readers clients that send one request after the other
 */
export async function changePasswords(
  topology: RunningTopology,
  count: number,
  readers: number,
): Promise<PasswordChange[]> {
  const api = new Api(topology.url);
  const author = await register(api);
  const { slug } = await publish(author);
  const load = new AbortController();
  let served = 0;
  const clients = Array.from({ length: readers }, async () => {
    const paths = [
      '/api/articles',
      articlePath(slug),
      '/api/user',
      '/api/articles/feed',
      '/api/notifications',
    ];
    for (let next = 0; !load.signal.aborted; next += 1) {
      await author.api.get(paths[next % paths.length]!);
      served += 1;
    }
  });
  try {
    const changes: PasswordChange[] = [];
    for (let each = 0; each < count; each += 1) changes.push(await changePassword(topology));
    if (readers > 0 && served === 0) throw new Error('the load got no response');
    return changes;
  } finally {
    load.abort();
    await Promise.allSettled(clients);
  }
}

/** Returns the latest of all hosts; negative if every host refused the token before the response to the change. */
export const latest = ({ lastAccepted: byHost }: PasswordChange): number =>
  Math.max(...Object.values(byHost));
