import { Agent, type ClientRequest, request } from 'node:http';
import { Alarm, now } from './alarm.js';
import { headersOf } from './ask.js';
import type { Shot } from './endpoints.js';

/** A request and when it is to be sent, in milliseconds from the start. */
export interface Arrival<S extends Shot = Shot> {
  readonly at: number;
  readonly shot: S;
}

/** What became of an arrival. */
export interface Answer<S extends Shot = Shot> extends Arrival<S> {
  /** From the time it was to be sent, whenever it was, to the last byte of the answer, or to where nobody waited on. */
  readonly milliseconds: number;
  /** How much later than intended it was sent. */
  readonly late: number;
  /** 0 when there was no answer. */
  readonly status: number;
}

export const isFine = ({ status }: Pick<Answer, 'status'>) => status >= 200 && status < 300;

export interface OpenLoopOptions {
  /** Milliseconds that a client waits for its answer. */
  readonly patience?: number;
  /** Ends it before its time. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends each request when its time has come, and not when another one is answered. A server that stalls is so asked as
 * much as ever, and what waited for it counts as having waited.
 * @param arrivals in order
 */
export async function openLoop<S extends Shot>(
  url: string,
  arrivals: Iterable<Arrival<S>>,
  { patience = 10_000, signal }: OpenLoopOptions = {},
): Promise<Answer<S>[]> {
  const agent = new Agent({ keepAlive: true });
  const underWay: Promise<Answer<S>>[] = [];
  const iterator = arrivals[Symbol.iterator]();
  const { promise: sent, resolve: finish } = Promise.withResolvers<void>();
  let next = iterator.next();
  const alarm = new Alarm(() => sendDue());
  await alarm.ready();
  const started = now();
  const sendDue = () => {
    for (; !next.done && started + next.value.at <= now(); next = iterator.next())
      underWay.push(answerTo(next.value));
    if (next.done || signal?.aborted) finish();
    else alarm.set(started + next.value.at);
  };
  const answerTo = async ({ at, shot }: Arrival<S>): Promise<Answer<S>> => {
    const late = now() - started - at;
    const status = await send(url, shot, agent, patience).catch(() => 0);
    return { at, shot, status, late, milliseconds: now() - started - at };
  };
  sendDue();
  await sent;
  await alarm.close();
  const answers = await Promise.all(underWay);
  agent.destroy();
  return answers;
}

/** @returns the status. @throws Error when there is none, or not in time */
function send(url: string, shot: Shot, agent: Agent, patience: number): Promise<number> {
  const { method, path, body } = shot;
  return new Promise((resolve, reject) => {
    const sending: ClientRequest = request(
      url + path,
      { method, agent, headers: headersOf(shot) },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
        response.once('error', reject);
        response.once('close', () => reject(new Error('broken off')));
      },
    );
    const giveUp = setTimeout(() => sending.destroy(new Error('no answer in time')), patience);
    sending.once('close', () => clearTimeout(giveUp));
    sending.once('error', reject);
    sending.end(typeof body === 'function' ? body() : body);
  });
}
