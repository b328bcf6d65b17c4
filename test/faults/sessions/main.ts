/** Shows what a killed process costs in sessions, and how long an old token is accepted after a change of the password. */
import { runScript, script, wholeNumber } from '@tearline/process';
import { type RedisServer, startRedis } from '../../support/redis.js';
import { startTopology } from '../../support/running-topology.js';
import { loseSessions } from './lost-sessions.js';
import { changePasswords, latest } from './password-changes.js';

interface Options {
  readonly sessions: number;
  readonly changes: number;
  readonly readers: number;
}

const log = (line: string) => process.stderr.write(`${line}\n`);
const print = (lines: readonly string[]) => process.stdout.write(`\n${lines.join('\n')}\n`);

async function lostSessions(count: number, redis: RedisServer): Promise<void> {
  const stores: [name: string, env: Record<string, string>][] = [
    ['memory, sticky', { SESSIONS: 'memory' }],
    ['postgres', { SESSIONS: 'postgres' }],
    ['redis', { SESSIONS: 'redis', REDIS_URL: redis.url }],
  ];
  const rows: string[] = [];
  for (const [name, env] of stores) {
    log(`${name}: ${count} sessions at two processes, of which one is killed …`);
    const { lost, perProcess } = await loseSessions(count, env);
    const share = ((100 * lost) / count).toFixed(1);
    rows.push(`| ${name} | ${count} | ${perProcess.join(' + ')} | ${lost} (${share} %) |`);
  }
  print(['| sessions in | open | at each process | lost |', '| --- | --: | --: | --: |', ...rows]);
}

async function oldTokens({ changes, readers }: Options, redis: RedisServer): Promise<void> {
  const rows: string[] = [];
  const row = async (
    name: string,
    env: Record<string, string>,
    count: number,
    prepare: () => Promise<void> = async () => undefined,
  ) => {
    log(`${name}: ${count} changes of a password on six hosts …`);
    const topology = await startTopology('microservices', {
      env: { LOG_LEVEL: 'error', REGISTRATIONS_PER_MINUTE: '100000', ...env },
    });
    try {
      await prepare();
      const found = (await changePasswords(topology, count, readers)).map(latest);
      const sorted = found.toSorted((one, other) => one - other);
      const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
      const ms = (value: number) => `${value.toFixed(1)} ms`;
      rows.push(`| ${name} | ${count} | ${ms(at(0.5))} | ${ms(at(0.95))} | ${ms(sorted.at(-1)!)} |`);
    } finally {
      await topology.stop();
    }
  };
  await row('without Redis', {}, changes);
  await row('with Redis', { REDIS_URL: redis.url }, changes);
  const few = Math.min(changes, 5);
  await row('with a Redis that has died', { REDIS_URL: redis.url, SESSIONS: 'postgres' }, few, () =>
    redis.kill(),
  );
  print([
    '| an old token is last accepted | changes | median | p95 | worst |',
    '| --- | --: | --: | --: | --: |',
    ...rows,
  ]);
}

const command = script('sessions')
  .description(
    `Counts the sessions that the end of a process costs, by where sessions are, and measures how long hosts accept an old token
after a change of the password: milliseconds after the response to the change, over all hosts. Takes about ten minutes.`,
  )
  .option('--sessions <number>', 'open when the process is killed', wholeNumber(2, 10_000), 1_000)
  .option('--changes <number>', 'of passwords', wholeNumber(1, 1_000), 30)
  .option('--readers <number>', 'clients that load the hosts meanwhile', wholeNumber(0, 100), 4)
  .action(async (options: Options) => {
    const redis = await startRedis();
    try {
      await lostSessions(options.sessions, redis);
      await oldTokens(options, redis);
    } finally {
      await redis.stop();
    }
  });

process.exitCode = await runScript(command);
