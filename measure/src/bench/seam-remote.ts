/**
 * Measures a remote call of the seam against a bare Nest TCP `send` with the same payload, and a local call
 * against calling the method directly.
 *
 *   node --no-warnings --import ./libs/seam/src/placement/typescript-hooks.fixture.ts measure/src/bench/seam-remote.ts
 */
import 'reflect-metadata';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Controller, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { type ClientProxy, ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { lastValueFrom } from 'rxjs';
import { z } from 'zod';
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
} from '../../../libs/seam/src/index.js';

const AT_ONCE = 64;
const CALLS = 12_000;
const ROUNDS = Number(process.env['ROUNDS'] ?? 7);
const LOCAL_CALLS = 1_000_000;
const credential = { secret: 'a secret for this bench only' };
const say = (line: string) => process.stdout.write(`${line}\n`);

const Article = z.object({
  id: z.int(),
  slug: z.string(),
  title: z.string(),
  body: z.string(),
  tags: z.array(z.string()),
  author: z.object({ id: z.int(), name: z.string(), bio: z.string().nullable() }),
  favorites: z.int(),
});
const Contract = contract('articles', {
  bySlug: query({
    input: z.object({ slug: z.string(), viewer: z.int().optional() }),
    output: Article.nullable(),
  }),
});
type Articles = ClientOf<typeof Contract>;

const article: z.infer<typeof Article> = {
  id: 7,
  slug: 'how-to-train-your-dragon',
  title: 'How to train your dragon',
  body: 'It takes a Jacobian. '.repeat(50),
  tags: ['dragons', 'training', 'jacobian'],
  author: { id: 3, name: 'jake', bio: 'I work at statefarm' },
  favorites: 12,
};

@Implements(Contract)
@Injectable()
class ArticlesService implements Articles {
  async bySlug() {
    return article;
  }
}

@Controller()
class BareController {
  @MessagePattern('articles.bySlug')
  bySlug() {
    return article;
  }
}

@Module({ providers: [ArticlesService], controllers: [BareController] })
class ArticlesModule {}

/** Counts as a host does: into bins, without a look at a clock or a label. */
const bins = new Float64Array(64);
const observer: SeamObserver = {
  callRecorder: () => (_outcome, ms) => void (bins[Math.min(63, Math.ceil(Math.log2(ms + 1) * 4))]! += 1),
  unexpectedError: (_contract, _method, error) => {
    throw error;
  },
};

async function serve(): Promise<void> {
  @Module({ imports: [ArticlesModule, SeamModule.forRoot({ local: [Contract], observer })] })
  class Root {}
  const app = await NestFactory.create(Root, new FastifyAdapter(), { logger: false });
  const seam = await seamServer(app, { port: 0, credential });
  const bare = app.connectMicroservice({ transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } });
  await bare.listen();
  const { port } = bare.unwrap<import('node:net').Server>().address() as { port: number };
  process.on('message', () => process.send!({ cpu: process.cpuUsage() }));
  process.once('disconnect', () => process.exit(0));
  process.send!({ seam: seam.port, bare: port });
}

interface Result {
  cpu: number;
  p50: number;
  rate: number;
}

async function round(call: () => Promise<unknown>, serverCpu: () => Promise<number>): Promise<Result> {
  const times = new Float64Array(CALLS);
  let next = 0;
  const worker = async () => {
    while (next < CALLS) {
      const at = next++;
      const started = performance.now();
      await call();
      times[at] = performance.now() - started;
    }
  };
  const before = await serverCpu();
  const own = process.cpuUsage();
  const started = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const elapsed = performance.now() - started;
  const { user, system } = process.cpuUsage(own);
  const cpu = user + system + (await serverCpu()) - before;
  return { cpu: cpu / CALLS, p50: times.sort()[CALLS / 2]!, rate: (CALLS / elapsed) * 1000 };
}

const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function remote(): Promise<void> {
  const child = fork(new URL(import.meta.url), ['serve'], { execArgv: process.execArgv });
  const [ports] = (await once(child, 'message')) as [{ seam: number; bare: number }];
  const serverCpu = async () => {
    child.send('cpu');
    const [{ cpu }] = (await once(child, 'message')) as [{ cpu: NodeJS.CpuUsage }];
    return cpu.user + cpu.system;
  };

  const bare: ClientProxy = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port: ports.bare },
  });
  const remote = [{ contracts: [Contract], addresses: [`127.0.0.1:${ports.seam}`] }];
  @Module({ imports: [SeamModule.forRoot({ local: [], remote, credential, observer })] })
  class Root {}
  const app = await NestFactory.create(Root, new FastifyAdapter(), { logger: false });
  await app.init();
  const articles = app.get<Articles>(Contract.token);

  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const input = { slug: article.slug, viewer: 5 };
  const calls = {
    bare: () => lastValueFrom(bare.send('articles.bySlug', input)),
    seam: () => {
      const deadline = performance.now() + 5000;
      const call = new CallContext({
        requestId: '5a1e8c80-0000',
        deadline,
        traceparent,
        principal: { id: '5' },
      });
      return runCall(call, () => articles.bySlug(input));
    },
  };
  const results: Record<keyof typeof calls, Result[]> = { bare: [], seam: [] };
  for (let at = 0; at <= ROUNDS; at++)
    for (const kind of ['bare', 'seam'] as const) {
      const result = await round(calls[kind], serverCpu);
      if (at > 0) results[kind].push(result);
    }
  const [b, s] = [results.bare, results.seam];
  const of = (list: Result[], key: keyof Result) => median(list.map((result) => result[key]));
  say(
    `remote, ${Buffer.byteLength(JSON.stringify(article))} bytes, ${AT_ONCE} at once, median of ${ROUNDS} rounds`,
  );
  say('              CPU µs/call    p50 ms   calls/s');
  for (const [name, list] of [
    ['bare Nest send', b],
    ['seam', s],
  ] as const)
    say(
      `${name.padEnd(14)}${of(list, 'cpu').toFixed(1).padStart(11)}${of(list, 'p50').toFixed(2).padStart(10)}${of(list, 'rate').toFixed(0).padStart(10)}`,
    );
  say(
    `ratio         ${(of(s, 'cpu') / of(b, 'cpu')).toFixed(2).padStart(11)}${(of(s, 'p50') / of(b, 'p50')).toFixed(2).padStart(10)}`,
  );
  await app.close();
  bare.close();
  child.disconnect();
}

async function local(): Promise<void> {
  @Module({ imports: [ArticlesModule, SeamModule.forRoot({ local: [Contract], observer })] })
  class Root {}
  const app = await NestFactory.create(Root, new FastifyAdapter(), { logger: false });
  await app.init();
  const client = app.get<Articles>(Contract.token);
  const service: Articles = app.get(ArticlesService, { strict: false });
  const input = { slug: article.slug };
  const context = new CallContext({ requestId: 'r', deadline: Infinity });
  const time = (target: Articles) =>
    runCall(context, async () => {
      // CPU time, since other work on the machine lengthens the other kind.
      const before = process.cpuUsage();
      for (let call = 0; call < LOCAL_CALLS; call++) await target.bySlug(input);
      const { user, system } = process.cpuUsage(before);
      return { ns: ((user + system) * 1000) / LOCAL_CALLS };
    });
  const bytes = (target: Articles) =>
    runCall(context, async () => {
      // Few enough that nothing is collected in between.
      const before = process.memoryUsage().heapUsed;
      for (let call = 0; call < 2000; call++) await target.bySlug(input);
      return (process.memoryUsage().heapUsed - before) / 2000;
    });
  const added: number[] = [];
  let direct = 0;
  for (let at = 0; at <= ROUNDS; at++) {
    const [one, other] = [await time(service), await time(client)];
    direct = one.ns;
    if (at > 0) added.push(other.ns - one.ns);
  }
  const sizes = { direct: [] as number[], seam: [] as number[] };
  for (let at = 0; at < 15; at++) {
    globalThis.gc?.();
    sizes.direct.push(await bytes(service));
    globalThis.gc?.();
    sizes.seam.push(await bytes(client));
  }
  say(`local, ${LOCAL_CALLS} calls one after the other, median of ${ROUNDS} rounds`);
  say(`direct ${direct.toFixed(0)} ns, the seam adds ${median(added).toFixed(0)} ns`);
  say(
    `direct ${median(sizes.direct).toFixed(0)} bytes, seam ${median(sizes.seam).toFixed(0)} bytes allocated per call`,
  );
  await app.close();
}

if (process.argv[2] === 'serve') await serve();
else {
  if (process.argv[2] !== 'remote') await local();
  if (process.argv[2] !== 'local') await remote();
}
