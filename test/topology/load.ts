import { setTimeout as sleep } from 'node:timers/promises';
import { Api } from '../support/api-client.js';
import {
  articlePath,
  type CommentBody,
  type Person,
  profilePath,
  publish,
  register,
} from '../support/conduit.js';

/** Requests that go on until they are stopped. */
export interface Load {
  /** How many were answered so far. */
  count: () => number;
  /** Lets those under way finish. @returns what was answered otherwise than it should be, or not at all */
  stop: () => Promise<string[]>;
}

type Step = (person: Person, slug: string) => Promise<void>;

/** Every kind of read: of each module, and across modules. */
const reads: Step[] = [
  ({ api }) => want(api, 'GET', '/api/articles?limit=5', 200),
  ({ api }, slug) => want(api, 'GET', articlePath(slug), 200),
  ({ api }, slug) => want(api, 'GET', `${articlePath(slug)}/comments`, 200),
  ({ api }) => want(api, 'GET', '/api/articles/feed?limit=5', 200),
  ({ api, username }) => want(api, 'GET', profilePath(username), 200),
  ({ api }) => want(api, 'GET', '/api/user', 200),
  ({ api }) => want(api, 'GET', '/api/tags', 200),
];

const writes: Step[] = [
  ({ api }, slug) => want(api, 'POST', `${articlePath(slug)}/favorite`, 200),
  ({ api }, slug) => want(api, 'DELETE', `${articlePath(slug)}/favorite`, 200),
  async ({ api }, slug) => {
    const { body } = await answered<CommentBody>(api, 'POST', `${articlePath(slug)}/comments`, 201, {
      comment: { body: 'Well said.' },
    });
    await want(api, 'DELETE', `${articlePath(slug)}/comments/${body.comment.id}`, 204);
  },
  ({ api }) => want(api, 'PUT', '/api/user', 200, { user: { bio: 'under load' } }),
];

/** Between an answer and the next request of the same person: what starts meanwhile has to find a core to do it on. */
const pauseMs = 60;

/** Starts some people who do one thing after the other. */
export async function startLoad(
  url: string,
  people: number,
  kind: 'reads' | 'reads and writes',
): Promise<Load> {
  const api = new Api(url);
  const steps = kind === 'reads' ? reads : [...reads, ...writes];
  const failures: string[] = [];
  let count = 0;
  const over = new AbortController();
  const persons = await Promise.all(Array.from({ length: people }, () => register(api)));
  const slugs = await Promise.all(persons.map(async (person) => (await publish(person)).slug));
  const working = persons.map(async (person, index) => {
    for (let turn = index; !over.signal.aborted; turn += 1) {
      const slug = slugs[turn % slugs.length]!;
      await steps[turn % steps.length]!(person, slug).catch((error: unknown) => failures.push(String(error)));
      count += 1;
      await sleep(pauseMs);
    }
  });
  return {
    count: () => count,
    stop: async () => {
      over.abort();
      await Promise.all(working);
      return failures;
    },
  };
}

async function answered<T>(api: Api, method: string, path: string, status: number, body?: unknown) {
  const reply = await api.send<T>(method, path, body).catch((error: unknown) => {
    const { cause } = error as { cause?: unknown };
    throw new Error(
      `${new Date().toISOString()} ${method} ${path}: ${String(error)} ${cause instanceof Error ? cause.message : ''}`,
    );
  });
  if (reply.status !== status)
    throw new Error(
      `${new Date().toISOString()} ${method} ${path} answered ${reply.status} ${reply.text.slice(0, 200)}`,
    );
  return reply;
}

async function want(api: Api, method: string, path: string, status: number, body?: unknown): Promise<void> {
  await answered(api, method, path, status, body);
}
