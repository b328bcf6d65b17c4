/** What a call over the seam costs where both sides are in one process: `npm run bench:seam`. */
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { createHost, hostSettings, readSettings } from '@tearline/host';
import {
  CallContext,
  type ClientOf,
  contract,
  Implements,
  type ModuleManifest,
  query,
  runCall,
  Seam,
} from '@tearline/seam';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { z } from 'zod';

const ROUNDS = 31;
const CALLS = 20_000;
/** Few enough for the young generation to take without a collection. */
const CALLS_WEIGHED = 2_000;

const User = z.object({ id: z.int(), username: z.string() });
const UsersContract = contract('users', {
  byIds: query({ input: z.object({ ids: z.array(z.int()) }), output: z.array(User) }),
});
type Users = ClientOf<typeof UsersContract>;

const ANSWER = [{ id: 1, username: 'ada' }];

@Implements(UsersContract)
@Injectable()
class UsersProvider implements Users {
  async byIds() {
    return ANSWER;
  }
}

@Injectable()
class Caller {
  constructor(
    readonly direct: UsersProvider,
    @Seam(UsersContract) readonly seam: Users,
  ) {}
}

@Module({ providers: [UsersProvider, Caller] })
class UsersModule {}

const manifest: ModuleManifest = {
  name: 'users',
  contract: UsersContract,
  uses: [UsersContract],
  routes: [],
  load: async () => UsersModule,
};

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;

/** Within a call, as everything is that a request starts. */
const inCall = <T>(work: () => Promise<T>) =>
  runCall(new CallContext({ requestId: 'bench', deadline: performance.now() + 60_000 }), work);

async function callAgainAndAgain(users: Users, calls: number): Promise<void> {
  const input = { ids: [1] };
  for (let call = 0; call < calls; call += 1) await users.byIds(input);
}

async function nanoseconds(users: Users): Promise<number> {
  const started = performance.now();
  await callAgainAndAgain(users, CALLS);
  return ((performance.now() - started) / CALLS) * 1e6;
}

async function bytes(users: Users, collect: () => void): Promise<number> {
  collect();
  const before = process.memoryUsage().heapUsed;
  await callAgainAndAgain(users, CALLS_WEIGHED);
  return (process.memoryUsage().heapUsed - before) / CALLS_WEIGHED;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const settings = readSettings(hostSettings, { NODE_ENV: 'production', LOG_LEVEL: 'silent' });
const app = await createHost({ modules: [manifest], imports: [], settings });
const { direct, seam } = app.get(Caller, { strict: false });

const subjects = [
  { name: 'direct', users: direct, ns: [] as number[], bytes: [] as number[] },
  { name: 'over the seam', users: seam, ns: [] as number[], bytes: [] as number[] },
];
for (let round = 0; round < ROUNDS; round += 1) {
  for (const subject of subjects) {
    subject.ns.push(await inCall(() => nanoseconds(subject.users)));
    subject.bytes.push(await inCall(() => bytes(subject.users, collect)));
  }
}
await app.close();

for (const { name, ns, bytes: weights } of subjects) {
  const [time, weight] = [median(ns), median(weights)].map((value) => value.toFixed(0).padStart(6));
  process.stdout.write(`${name.padEnd(14)} ${time} ns ${weight} bytes a call\n`);
}
