import { Injectable, Module } from '@nestjs/common';
import { createHost, hostSettings } from '@tearline/host';
import { readSettings } from '@tearline/settings';
import { type ModuleManifest, Seam } from '@tearline/seam';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { inTurn } from '../../kit/in-turn.js';
import { medianRound } from '../../kit/statistics.js';
import { type Articles, ArticlesContract, ArticlesHandler, inCall, INPUT } from './sample-module.js';

const TIMED_CALLS = 20_000;
/** So few that the young generation takes their garbage without a collection. */
const WEIGHED_CALLS = 2_000;

@Injectable()
class Caller {
  constructor(
    readonly direct: ArticlesHandler,
    @Seam(ArticlesContract) readonly seam: Articles,
  ) {}
}

@Module({ providers: [ArticlesHandler, Caller] })
class ArticlesModule {}

const manifest: ModuleManifest = {
  name: 'articles',
  contract: ArticlesContract,
  uses: [ArticlesContract],
  routes: [],
  load: async () => ArticlesModule,
};

/** Returns a line for a direct call and one for a call over the seam, in one process of a production host. */
export async function measureLocalCalls(rounds: number): Promise<string> {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const settings = readSettings(hostSettings, { NODE_ENV: 'production', LOG_LEVEL: 'silent' });
  const app = await createHost({ modules: [manifest], imports: [], settings });
  const { direct, seam } = app.get(Caller, { strict: false });
  const found = await inTurn([direct, seam], rounds, async (articles) => {
    const ns = await inCall(() => nanosecondsOf(articles));
    collectGarbage();
    return { ns, bytes: await inCall(() => bytesOf(articles)) };
  });
  await app.close();
  return ['direct', 'over the seam']
    .map((name, index) => {
      const { ns, bytes } = medianRound(found[index]!);
      const [time, size] = [ns, bytes].map((value) => value.toFixed(0).padStart(6));
      return `${name.padEnd(14)} ${time} ns ${size} bytes a call\n`;
    })
    .join('');
}

async function repeat(articles: Articles, calls: number): Promise<void> {
  for (let call = 0; call < calls; call += 1) await articles.bySlug(INPUT);
}

async function nanosecondsOf(articles: Articles): Promise<number> {
  const started = performance.now();
  await repeat(articles, TIMED_CALLS);
  return ((performance.now() - started) / TIMED_CALLS) * 1e6;
}

async function bytesOf(articles: Articles): Promise<number> {
  const before = process.memoryUsage().heapUsed;
  await repeat(articles, WEIGHED_CALLS);
  return (process.memoryUsage().heapUsed - before) / WEIGHED_CALLS;
}
