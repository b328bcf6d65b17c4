import { Agent, type ClientRequest, request } from 'node:http';
import { HighResolutionTimer, now } from './high-resolution-timer.js';
import { headersOf } from './http-request.js';
import type { HttpRequest } from './endpoints.js';

/** A request and when it is to be sent, in milliseconds from the start. */
export interface Arrival<S extends HttpRequest = HttpRequest> {
  readonly at: number;
  readonly request: S;
}

/** What became of an arrival. */
export interface Response<S extends HttpRequest = HttpRequest> extends Arrival<S> {
  /** From the time it was to be sent, whenever it was, to the last byte of the answer, or to where nobody waited on. */
  readonly milliseconds: number;
  /** How much later than intended it was sent. */
  readonly late: number;
  /** 0 when there was no answer. */
  readonly status: number;
}

export const isSuccess = ({ status }: Pick<Response, 'status'>) => status >= 200 && status < 300;

export interface OpenLoopOptions {
  /** Milliseconds that a client waits for its answer. */
  readonly timeoutMs?: number;
  /** Ends it before its time. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends each request when its time has come, and not when another one is answered. A server that stalls is so asked as
 * much as ever, and what waited for it counts as having waited.
 * @param arrivals in order
 */
export async function openLoop<S extends HttpRequest>(
  url: string,
  arrivals: Iterable<Arrival<S>>,
  { timeoutMs: patience = 10_000, signal }: OpenLoopOptions = {},
): Promise<Response<S>[]> {
  const agent = new Agent({ keepAlive: true });
  const underWay: Promise<Response<S>>[] = [];
  const iterator = arrivals[Symbol.iterator]();
  const { promise: sent, resolve: finish } = Promise.withResolvers<void>();
  let next = iterator.next();
  const alarm = new HighResolutionTimer(() => sendDue());
  await alarm.ready();
  const started = now();
  const sendDue = () => {
    for (; !next.done && started + next.value.at <= now(); next = iterator.next())
      underWay.push(answerTo(next.value));
    if (next.done || signal?.aborted) finish();
    else alarm.set(started + next.value.at);
  };
  const answerTo = async ({ at, request: shot }: Arrival<S>): Promise<Response<S>> => {
    const late = now() - started - at;
    const status = await send(url, shot, agent, patience).catch(() => 0);
    return { at, request: shot, status, late, milliseconds: now() - started - at };
  };
  sendDue();
  await sent;
  await alarm.close();
  const answers = await Promise.all(underWay);
  agent.destroy();
  return answers;
}

/** @returns the status. @throws Error when there is none, or not in time */
function send(url: string, shot: HttpRequest, agent: Agent, patience: number): Promise<number> {
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
