import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { headersOf } from '../ask.js';
import type { Shot } from '../endpoints.js';
import { type Load, summaryOf } from '../load.js';

/**
 * Sends requests at this rate on average, each when its time has come and not when another one is answered.
 * @param signal ends it before its time
 */
export async function pace(
  url: string,
  shots: readonly Shot[],
  perSecond: number,
  seconds: number,
  signal?: AbortSignal,
): Promise<Load> {
  const agent = new Agent({ keepAlive: true });
  const times: number[] = [];
  let errors = 0;
  const send = async (shot: Shot) => {
    const sent = performance.now();
    const isFine = await answered(url, shot, agent).catch(() => false);
    if (!isFine) errors += 1;
    times.push(performance.now() - sent);
  };
  const sending: Promise<void>[] = [];
  const started = performance.now();
  for (let at = started; at < started + seconds * 1000; at += gap(perSecond)) {
    if (signal?.aborted) break;
    const early = at - performance.now();
    if (early > 0.5) await delay(early);
    sending.push(send(shots[sending.length % shots.length]!));
  }
  await Promise.all(sending);
  const elapsed = performance.now() - started;
  agent.destroy();
  return summaryOf(times, elapsed, errors);
}

/** Milliseconds to the next of those who come independently of one another. */
const gap = (perSecond: number) => (-Math.log(1 - Math.random()) / perSecond) * 1000;

/** @returns whether it is a 2xx */
function answered(url: string, shot: Shot, agent: Agent): Promise<boolean> {
  const { method, path, body } = shot;
  return new Promise((resolve, reject) => {
    const sending = request(url + path, { method, agent, headers: headersOf(shot) }, (response) => {
      const { statusCode = 0 } = response;
      response.resume();
      response.once('end', () => resolve(statusCode >= 200 && statusCode < 300));
      response.once('error', reject);
    });
    sending.once('error', reject);
    sending.end(typeof body === 'function' ? body() : body);
  });
}
