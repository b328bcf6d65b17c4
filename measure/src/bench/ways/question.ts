import { databaseUrls, migrate } from '@tearline/database';
import { createEventTables } from '@tearline/events';
import { type ClientOf, contract, event, type ModuleManifest, query } from '@tearline/seam';
import { z } from 'zod';

/** The question of the bench: whom of these a user follows, as pages ask it of the module social. */
export const Question = z.object({ follower: z.int(), among: z.array(z.int()).max(1_000) });
export const Answer = z.array(z.int());
export type Question = z.infer<typeof Question>;

/** When a caller over the seam or HTTP gives up; an event has no deadline. */
export const TIMEOUT_MS = 10_000;

export const AnsweringContract = contract('answering', {
  followedAmong: query({ input: Question, output: Answer, timeout: TIMEOUT_MS }),
});
export type Answering = ClientOf<typeof AnsweringContract>;

const Id = z.object({ id: z.string() });
export const Asked = event('asking/asked', { payload: Id.extend({ question: Question }) });
export const Answered = event('answering/answered', { payload: Id.extend({ answer: Answer }) });

const load = () => Promise.reject(new Error('the modules of this bench are not loaded by their manifest'));
const common = { uses: [], routes: [], load };
export const manifests: readonly ModuleManifest[] = [
  { name: 'asking', publishes: [Asked], subscribes: [Answered], ...common },
  {
    name: 'answering',
    contract: AnsweringContract,
    publishes: [Answered],
    subscribes: [Asked],
    ...common,
  },
];
const names = manifests.map(({ name }) => name);

/** Creates the schemas of both modules. @returns each module's URL */
export async function createSchemas(ownerUrl: string): Promise<Record<string, string>> {
  const urls = databaseUrls(names, {}, ownerUrl);
  const targets = names.map((name) => ({
    url: urls[name]!,
    data: { schema: name, migrations: async () => [createEventTables(name)] },
  }));
  await migrate(ownerUrl, targets);
  return urls;
}

/** What both processes know each other by. */
export const SECRET = 'the secret of this bench';
