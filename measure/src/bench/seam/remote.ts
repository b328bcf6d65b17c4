import 'reflect-metadata';
import { Controller, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ClientProxy, ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  CallContext,
  type ClientOf,
  contract,
  Implements,
  query,
  runCall,
  SeamModule,
  type SeamObserver,
  seamServer,
} from '@tearline/seam';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:net';
import { lastValueFrom } from 'rxjs';
import { z } from 'zod';
import { table } from '../../kit/report/table.js';
import { median, medianRound } from '../../kit/statistics.js';

const CONCURRENCY = 64;
const CALLS = 12_000;
const SERVE = 'serve';
const credential = { secret: 'the secret of this bench' };

const Article = z.object({
  id: z.int(),
  slug: z.string(),
  title: z.string(),
  body: z.string(),
  tags: z.array(z.string()),
  author: z.object({ id: z.int(), name: z.string(), bio: z.string().nullable() }),
  favorites: z.int(),
});
const ArticlesContract = contract('articles', {
  bySlug: query({
    input: z.object({ slug: z.string(), viewer: z.int().optional() }),
    output: Article.nullable(),
  }),
});
type Articles = ClientOf<typeof ArticlesContract>;

const ARTICLE: z.infer<typeof Article> = {
  id: 7,
  slug: 'how-to-train-your-dragon',
  title: 'How to train your dragon',
  body: 'It takes a Jacobian. '.repeat(50),
  tags: ['dragons', 'training', 'jacobian'],
  author: { id: 3, name: 'jake', bio: 'I work at statefarm' },
  favorites: 12,
};

@Implements(ArticlesContract)
@Injectable()
class ArticlesHandler implements Articles {
  async bySlug() {
    return ARTICLE;
  }
}

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

  const input = { slug: ARTICLE.slug, viewer: 5 };
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const callSeam = () => {
    const deadline = performance.now() + 5000;
    const principal = { id: '5' };
    const context = new CallContext({ requestId: '5a1e8c80-0000', deadline, traceparent, principal });
    return runCall(context, () => articles.bySlug(input));
  };
  const targets = [
    { call: () => lastValueFrom(bare.send('articles.bySlug', input)), found: [] as Round[] },
    { call: callSeam, found: [] as Round[] },
  ];
  for (let round = 0; round <= rounds; round += 1)
    for (const { call, found } of targets) {
      const result = await measureRound(call, serverCpu);
      // The first round warms up.
      if (round > 0) found.push(result);
    }
  await app.close();
  bare.close();
  server.disconnect();

  const [one, other] = targets.map(({ found }) => medianRound(found)) as [Round, Round];
  const row = (name: string, { cpu, p50, perSecond }: Round) => [
    name,
    cpu.toFixed(1),
    p50.toFixed(2),
    perSecond.toFixed(0),
  ];
  const ratios = { cpu: other.cpu / one.cpu, p50: other.p50 / one.p50 };
  const rows = [
    row('bare Nest send', one),
    row('seam', other),
    ['ratio', ratios.cpu.toFixed(2), ratios.p50.toFixed(2), ''],
  ];
  const bytes = Buffer.byteLength(JSON.stringify(ARTICLE));
  const about = `${bytes} bytes, ${CONCURRENCY} calls at the same time, medians of ${rounds} rounds`;
  return `${about}\n\n${table(['', 'CPU µs a call', 'p50 ms', 'calls/s'], rows)}\n`;
}

if (process.argv[2] === SERVE) await serve();
