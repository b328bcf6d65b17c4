import { Injectable, Module } from '@nestjs/common';
import { createHost, hostSettings } from '@tearline/host';
import { readSettings } from '@tearline/settings';
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
import { median } from '../../kit/statistics.js';

const TIMED_CALLS = 20_000;
/** So few that the young generation takes their garbage without a collection. */
const WEIGHED_CALLS = 2_000;

const User = z.object({ id: z.int(), username: z.string() });
const UsersContract = contract('users', {
  byIds: query({ input: z.object({ ids: z.array(z.int()) }), output: z.array(User) }),
});
type Users = ClientOf<typeof UsersContract>;

const USERS = [{ id: 1, username: 'ada' }];

@Implements(UsersContract)
@Injectable()
class UsersHandler implements Users {
  async byIds() {
    return USERS;
  }
}

@Injectable()
class Caller {
  constructor(
    readonly direct: UsersHandler,
    @Seam(UsersContract) readonly seam: Users,
  ) {}
}

@Module({ providers: [UsersHandler, Caller] })
class UsersModule {}

const manifest: ModuleManifest = {
  name: 'users',
  contract: UsersContract,
  uses: [UsersContract],
  routes: [],
  load: async () => UsersModule,
};

/** Returns a line for a direct call and one for a call over the seam, in one process of a production host. */
export async function measureLocalCalls(rounds: number): Promise<string> {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const settings = readSettings(hostSettings, { NODE_ENV: 'production', LOG_LEVEL: 'silent' });
  const app = await createHost({ modules: [manifest], imports: [], settings });
  const { direct, seam } = app.get(Caller, { strict: false });
  const targets = [
    { name: 'direct', users: direct, ns: [] as number[], bytes: [] as number[] },
    { name: 'over the seam', users: seam, ns: [] as number[], bytes: [] as number[] },
  ];
  for (let round = 0; round < rounds; round += 1)
    for (const { users, ns, bytes } of targets) {
      ns.push(await inCall(() => nanosecondsOf(users)));
      collectGarbage();
      bytes.push(await inCall(() => bytesOf(users)));
    }
  await app.close();
  return targets
    .map(({ name, ns, bytes }) => {
      const [time, size] = [median(ns), median(bytes)].map((value) => value.toFixed(0).padStart(6));
      return `${name.padEnd(14)} ${time} ns ${size} bytes a call\n`;
    })
    .join('');
}

/** Runs the work in the context of a call, as a request does. */
const inCall = <T>(work: () => Promise<T>) =>
  runCall(new CallContext({ requestId: 'bench', deadline: performance.now() + 60_000 }), work);

async function repeat(users: Users, calls: number): Promise<void> {
  const input = { ids: [1] };
  for (let call = 0; call < calls; call += 1) await users.byIds(input);
}

async function nanosecondsOf(users: Users): Promise<number> {
  const started = performance.now();
  await repeat(users, TIMED_CALLS);
  return ((performance.now() - started) / TIMED_CALLS) * 1e6;
}

async function bytesOf(users: Users): Promise<number> {
  const before = process.memoryUsage().heapUsed;
  await repeat(users, WEIGHED_CALLS);
  return (process.memoryUsage().heapUsed - before) / WEIGHED_CALLS;
}
