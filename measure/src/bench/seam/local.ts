import { Injectable, Module } from '@nestjs/common';
import { createHost, hostSettings } from '@tearline/host';
import { readSettings } from '@tearline/settings';
import { type ModuleManifest, Seam } from '@tearline/seam';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { inTurn } from '../../kit/in-turn.js';
import { medianRound } from '../../kit/statistics.js';
import { type Articles, ArticlesContract, ArticlesHandler, FORMS, inCall } from './sample-module.js';

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

/** Returns a line for a direct call and one for a call over the seam in each form, in one process of a production host. */
export async function measureLocalCalls(rounds: number): Promise<string> {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const settings = readSettings(hostSettings, { NODE_ENV: 'production', LOG_LEVEL: 'silent' });
  const app = await createHost({ modules: [manifest], imports: [], settings });
  const { direct, seam } = app.get(Caller, { strict: false });
  const targets: [string, () => Promise<unknown>][] = [
    ['direct', () => direct.bySlug()],
    ...Object.entries(FORMS).map(([name, call]): [string, () => Promise<unknown>] => [
      `over the seam, ${name}`,
      () => call(seam),
    ]),
  ];
  const found = await inTurn(targets, rounds, async ([, call]) => {
    const ns = await inCall(() => nanosecondsOf(call));
    collectGarbage();
    return { ns, bytes: await inCall(() => bytesOf(call)) };
  });
  await app.close();
  return targets
    .map(([name], index) => {
      const { ns, bytes } = medianRound(found[index]!);
      const [time, size] = [ns, bytes].map((value) => value.toFixed(0).padStart(6));
      return `${name.padEnd(35)} ${time} ns ${size} bytes a call\n`;
    })
    .join('');
}

async function repeat(call: () => Promise<unknown>, calls: number): Promise<void> {
  for (let made = 0; made < calls; made += 1) await call();
}

async function nanosecondsOf(call: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await repeat(call, TIMED_CALLS);
  return ((performance.now() - started) / TIMED_CALLS) * 1e6;
}

async function bytesOf(call: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().heapUsed;
  await repeat(call, WEIGHED_CALLS);
  return (process.memoryUsage().heapUsed - before) / WEIGHED_CALLS;
}
