/** Compares the module social in FastAPI with the one in Nest: `npm run bench:runtimes`. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { SocialContract, type Social } from '@tearline/modules/social/contract';
import { findPython, freePorts } from '@tearline/process';
import { SeamModule } from '@tearline/seam';
import { join } from 'node:path';
import { closedLoop, warmUp } from '../kit/closed-loop.js';
import { count, failOnErrors, note, npmScript, runCommand, seconds } from '../kit/command.js';
import { get, type HttpRequest } from '../kit/http-request.js';
import { inTurn } from '../kit/in-turn.js';
import { assignMachineCores } from '../kit/machine.js';
import { cpuOfEach, memoryOfTrees } from '../kit/process-usage.js';
import { tableOfColumns } from '../kit/report/markdown.js';
import { type Samples, userIdIn } from '../kit/samples.js';
import { figureOf, quantiles, sum } from '../kit/statistics.js';
import { Bench, SERVICE } from './bench.js';

interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly connections: number;
}

type Runtime = 'Nest' | 'FastAPI';

/** What one kind of request, or a call, costs: CPU in milliseconds each, latency in milliseconds. */
interface Load {
  readonly cpu: number;
  /** Of identity, which profiles are read from, and PostgreSQL. */
  readonly othersCpu: number;
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
  readonly errors: number;
}

interface Round {
  /** Milliseconds from the start of the process until it listens. */
  readonly start: number;
  /** MiB (PSS): when it listens, and after the load. */
  readonly idle: number;
  readonly loaded: number;
  readonly loads: Readonly<Record<string, Load>>;
}

const RUNTIMES: readonly Runtime[] = ['Nest', 'FastAPI'];
const CALLS = 'call of followedAmong over the seam';
const SECRET = 'the secret of this bench';
const BUNDLE = join(import.meta.dirname, '../../../hosts/service.js');
/** Twice, so that the second half is compiled code. */
const WARM_UP_SECONDS = [1, 1];

const command = npmScript(
  'bench:runtimes',
  'Starts a private PostgreSQL, seeds it, starts a host of identity, and then, round by round, a host of social in Nest and one in ' +
    'FastAPI, whose order alternates. Prints the CPU of a request and of a call over the seam, their latency, the time to start and ' +
    'the memory (PSS). The first round fills caches of compiled code and does not count. Takes about four minutes.',
)
  .option('--rounds <n>', 'rounds; their median counts', count, 5)
  .option('--seconds <n>', 'length of each load', seconds, 3)
  .option('--connections <n>', 'requests, or calls, at the same time', count, 16);

async function run(options: Options, cleanup: AsyncDisposableStack): Promise<void> {
  const cores = assignMachineCores();
  const bench = await Bench.open(cleanup, { cores });
  const python = await findPython(process.env['PATH'], join(import.meta.dirname, '../../../../apps'));
  const [identityPort, ...ports] = (await freePorts(3)) as [number, number, number];
  const identity = await bench.startHost({
    name: 'identity',
    entry: SERVICE,
    modules: ['identity'],
    env: { ...rpc(identityPort), HOST_MODULES: 'identity', TMPDIR: bench.dir },
  });
  const samples = await bench.samples();
  const others = [identity.pid, bench.database.pid];
  const targets = RUNTIMES.map((runtime, index) => ({ runtime, port: ports[index]! }));

  const rounds = await inTurn(
    targets,
    options.rounds + 1,
    async ({ runtime, port }, index): Promise<Round> => {
      note(`measuring ${runtime}`);
      const host = await bench.startHost({
        name: `social-${index}`,
        entry: runtime === 'Nest' ? BUNDLE : python.command('social'),
        modules: ['social'],
        env: {
          ...rpc(port),
          ...(runtime === 'FastAPI' && python.env('social')),
          TMPDIR: bench.dir,
          HOST_MODULES: 'social',
          HOST_ROLES: 'http,rpc',
          IDENTITY_RPC_ADDRESSES: `127.0.0.1:${identityPort}`,
          CONSISTENCY_SECRET: SECRET,
        },
      });
      const idle = memoryOfTrees(host.pid);
      const loads: Record<string, Load> = {};
      for (const [name, requests] of Object.entries(requestsOf(samples))) {
        const perSecond = await warmUp(host.url, requests, options.connections, WARM_UP_SECONDS);
        loads[name] = await measured(host.pid, others, () =>
          closedLoop(host.url, requests, { ...options, amount: perSecond * options.seconds }),
        );
      }
      loads[CALLS] = await measureCalls(`127.0.0.1:${port}`, samples, options, (load) =>
        measured(host.pid, others, load),
      );
      const loaded = memoryOfTrees(host.pid);
      await host.stop();
      return { start: host.startupMs, idle, loaded, loads };
    },
  );
  const counted = rounds.map((each) => each.slice(1)) as [Round[], Round[]];
  bench.print(
    `${options.connections} at a time; medians and ranges of ${options.rounds} rounds; CPU in milliseconds`,
    loadsTable(counted),
    processesTable(counted),
  );
  failOnErrors(sum(counted.flat().flatMap(({ loads }) => Object.values(loads).map(({ errors }) => errors))));
}

const rpc = (port: number) => ({ RPC_PORT: `${port}`, RPC_SECRET: SECRET });

/** By name. Each pair of a follow and its opposite is on one connection. */
function requestsOf({ usernames, tokens }: Samples): Record<string, HttpRequest[]> {
  const profile = (name: string) => `/api/profiles/${encodeURIComponent(name)}`;
  const tokenOf = (index: number) => tokens[index % tokens.length]!;
  return {
    'profile, anonymous': usernames.map((name) => get(profile(name))),
    'profile, with a token': usernames.map((name, index) => get(profile(name), tokenOf(index))),
    'follow and unfollow': usernames.flatMap((name, index) =>
      (['POST', 'DELETE'] as const).map((method) => ({
        method,
        path: `${profile(name)}/follow`,
        token: tokenOf(index),
      })),
    ),
  };
}

type Outcome = Omit<Load, 'cpu' | 'othersCpu'> & { readonly requests: number };

async function measured(pid: number, others: readonly number[], load: () => Promise<Outcome>): Promise<Load> {
  const before = cpuOfEach([pid, ...others]);
  const { requests, p50, p99, perSecond, errors } = await load();
  const [cpu, ...rest] = cpuOfEach([pid, ...others]).map(
    (after, index) => (after - before[index]!) / requests,
  );
  return { cpu: cpu!, othersCpu: sum(rest), p50, p99, perSecond, errors };
}

/** Calls the contract from this process, as another host does. */
async function measureCalls(
  address: string,
  { tokens }: Samples,
  { connections, seconds: length }: Options,
  measure: (load: () => Promise<Outcome>) => Promise<Load>,
): Promise<Load> {
  @Module({
    imports: [
      SeamModule.forRoot({
        local: [],
        remote: [{ contracts: [SocialContract], addresses: [address] }],
        credential: { secret: SECRET },
        answers: false,
      }),
    ],
  })
  class Caller {}
  const app = await NestFactory.createApplicationContext(Caller, { logger: false });
  const social = app.get<Social>(SocialContract.token);
  const followers = tokens.map((token) => Number(userIdIn(token)));
  const among = Array.from({ length: 20 }, (_, index) => index + 1);
  const load = async (milliseconds: number): Promise<Outcome> => {
    const latencies: number[] = [];
    let errors = 0;
    const started = performance.now();
    const work = async (first: number) => {
      for (let turn = first; performance.now() - started < milliseconds; turn += connections) {
        const sent = performance.now();
        await social
          .followedAmong({ follower: followers[turn % followers.length]!, among })
          .catch(() => (errors += 1));
        latencies.push(performance.now() - sent);
      }
    };
    await Promise.all(Array.from({ length: connections }, (_, index) => work(index)));
    const [p50, p99] = quantiles(latencies, [0.5, 0.99]) as [number, number];
    const perSecond = (latencies.length / (performance.now() - started)) * 1_000;
    return { requests: latencies.length, p50, p99, perSecond, errors };
  };
  for (const each of WARM_UP_SECONDS) await load(each * 1_000);
  const found = await measure(() => load(length * 1_000));
  await app.close();
  return found;
}

const range = (values: readonly number[], digits: number) => {
  const { median, low, high } = figureOf(values);
  return `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`;
};

function loadsTable(rounds: readonly [Round[], Round[]]): string {
  const rows = Object.keys(rounds[0][0]!.loads).flatMap((name) =>
    RUNTIMES.map((runtime, index) => {
      const of = (field: keyof Load) => rounds[index]!.map(({ loads }) => loads[name]![field]);
      return { name, runtime, of };
    }),
  );
  return tableOfColumns(
    [
      ['request', ({ name }) => name],
      ['runtime', ({ runtime }) => runtime],
      ['CPU of the host', ({ of }) => range(of('cpu'), 2)],
      ['CPU of identity and PostgreSQL', ({ of }) => range(of('othersCpu'), 2)],
      ['p50 ms', ({ of }) => range(of('p50'), 1)],
      ['p99 ms', ({ of }) => range(of('p99'), 1)],
      ['a second', ({ of }) => range(of('perSecond'), 0)],
    ],
    rows,
  );
}

function processesTable(rounds: readonly [Round[], Round[]]): string {
  return tableOfColumns(
    [
      ['runtime', (index) => RUNTIMES[index]!],
      [
        'start until it listens, ms',
        (index) =>
          range(
            rounds[index]!.map(({ start }) => start),
            0,
          ),
      ],
      [
        'memory then, MiB',
        (index) =>
          range(
            rounds[index]!.map(({ idle }) => idle),
            0,
          ),
      ],
      [
        'memory after the load, MiB',
        (index) =>
          range(
            rounds[index]!.map(({ loaded }) => loaded),
            0,
          ),
      ],
    ],
    [0, 1],
  );
}

await runCommand(command, run);
