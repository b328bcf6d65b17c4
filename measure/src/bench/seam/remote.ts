import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ClientProxy, ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { SeamModule, type SeamObserver, seamServer } from '@tearline/seam';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:net';
import { lastValueFrom } from 'rxjs';
import { inTurn } from '../../kit/in-turn.js';
import { table } from '../../kit/report/markdown.js';
import { median, medianRound } from '../../kit/statistics.js';
import {
  ARTICLE,
  type Articles,
  ArticlesContract,
  ArticlesHandler,
  FORMS,
  inCall,
  INPUT,
} from './sample-module.js';

const CONCURRENCY = 64;
const CALLS = 12_000;
const SERVE = 'serve';
const credential = { secret: 'the secret of this bench' };

@Controller()
class BareController {
  @MessagePattern('articles.bySlug')
  bySlug() {
    return ARTICLE;
  }
}

@Module({ providers: [ArticlesHandler], controllers: [BareController] })
class ArticlesModule {}

/** Counts in bins, as a host does. */
const bins = new Float64Array(64);
const observer: SeamObserver = {
  callRecorder: () => (_outcome, ms) => void (bins[Math.min(63, Math.ceil(Math.log2(ms + 1) * 4))]! += 1),
  unexpectedError: (_contract, _method, error) => {
    throw error;
  },
};

const createApp = (imports: NonNullable<Parameters<typeof Module>[0]['imports']>) => {
  @Module({ imports })
  class Root {}
  return NestFactory.create(Root, new FastifyAdapter(), { logger: false });
};

/** Runs the server in a process of its own, and sends its CPU time on demand. */
async function serve(): Promise<void> {
  const app = await createApp([ArticlesModule, SeamModule.forRoot({ local: [ArticlesContract], observer })]);
  const seam = await seamServer(app, { port: 0, credential });
  const bare = app.connectMicroservice({ transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } });
  await bare.listen();
  const { port } = bare.unwrap<Server>().address() as { port: number };
  process.on('message', () => process.send!(process.cpuUsage()));
  process.once('disconnect', () => process.exit(0));
  process.send!({ seam: seam.port, bare: port });
}

interface Round {
  /** Microseconds of a call, both processes together. */
  readonly cpu: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly perSecond: number;
}

const total = ({ user, system }: NodeJS.CpuUsage) => user + system;

async function measureRound(call: () => Promise<unknown>, serverCpu: () => Promise<number>): Promise<Round> {
  const latencies: number[] = [];
  let next = 0;
  const worker = async () => {
    while (next++ < CALLS) {
      const started = performance.now();
      await call();
      latencies.push(performance.now() - started);
    }
  };
  const before = await serverCpu();
  const own = process.cpuUsage();
  const started = performance.now();
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  const elapsed = performance.now() - started;
  const cpu = total(process.cpuUsage(own)) + (await serverCpu()) - before;
  return { cpu: cpu / CALLS, p50: median(latencies), perSecond: (CALLS / elapsed) * 1000 };
}

/** Returns a table of a remote call over the seam beside a bare Nest TCP `send`. */
export async function measureRemoteCalls(rounds: number): Promise<string> {
  const server = fork(import.meta.filename, [SERVE]);
  const [ports] = (await once(server, 'message')) as [{ seam: number; bare: number }];
  const serverCpu = async () => {
    server.send('cpu');
    const [usage] = (await once(server, 'message')) as [NodeJS.CpuUsage];
    return total(usage);
  };
  const bare: ClientProxy = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port: ports.bare },
  });
  const remote = [{ contracts: [ArticlesContract], addresses: [`127.0.0.1:${ports.seam}`] }];
  const app = await createApp([SeamModule.forRoot({ local: [], remote, credential, observer })]);
  await app.init();
  const articles = app.get<Articles>(ArticlesContract.token);

  // The first round warms up.
  const found = await inTurn(
    [
      () => lastValueFrom(bare.send('articles.bySlug', INPUT)),
      ...Object.values(FORMS).map((call) => () => inCall(() => call(articles))),
    ],
    rounds + 1,
    (call) => measureRound(call, serverCpu),
  );
  const [baseline, ...forms] = found.map((each) => medianRound(each.slice(1))) as [Round, ...Round[]];
  await app.close();
  bare.close();
  server.disconnect();

  const row = (name: string, { cpu, p50, perSecond }: Round) => [
    name,
    cpu.toFixed(1),
    p50.toFixed(2),
    perSecond.toFixed(0),
  ];
  const ratio = ({ cpu, p50 }: Round) => [(cpu / baseline.cpu).toFixed(2), (p50 / baseline.p50).toFixed(2)];
  const rows = [
    [...row('bare Nest send', baseline), '', ''],
    ...Object.keys(FORMS).map((name, at) => [...row(`seam, ${name}`, forms[at]!), ...ratio(forms[at]!)]),
  ];
  const bytes = Buffer.byteLength(JSON.stringify(ARTICLE));
  const about = `${bytes} bytes, ${CONCURRENCY} calls at the same time, medians of ${rounds} rounds`;
  return `${about}\n\n${table(['', 'CPU µs a call', 'p50 ms', 'calls/s', '× CPU', '× p50'], rows)}\n`;
}

if (process.argv[2] === SERVE) await serve();
