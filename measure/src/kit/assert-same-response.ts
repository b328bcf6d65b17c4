import type { Endpoint, HttpRequest } from './endpoints.js';
import { sendRequest } from './http-request.js';

const SAMPLES = 10;

/**
 * Makes sure that the yardstick does the same work: byte for byte the same answers, or, where each answer is new, the
 * same fields.
 * @returns one of the answers, of middling size
 * @throws Error with the first difference
 */
export async function assertSameResponses(
  endpoint: Endpoint,
  shots: readonly HttpRequest[],
  url: string,
  rawUrl?: string,
) {
  const answers: string[] = [];
  const few = shots.slice(0, SAMPLES);
  for (const shot of few) answers.push(await sendRequest(url, shot));
  if (rawUrl !== undefined && endpoint.alike !== 'nothing') {
    for (const [index, shot] of few.entries()) {
      const [expected, found] = [answers[index]!, await sendRequest(rawUrl, shot)].map(
        endpoint.alike === 'bytes' ? String : shapeOf,
      ) as [string, string];
      if (found !== expected) throw new Error(`${shot.method} ${shot.path}: ${difference(expected, found)}`);
    }
  }
  return answers.sort((a, b) => a.length - b.length)[Math.floor(answers.length / 2)]!;
}

function shapeOf(json: string): string {
  return JSON.stringify(JSON.parse(json), (_, value: unknown) =>
    typeof value === 'object' && value !== null ? value : typeof value,
  );
}

function difference(expected: string, found: string): string {
  let at = 0;
  while (at < expected.length && expected[at] === found[at]) at += 1;
  const from = Math.max(0, at - 40);
  return `the raw server answers\n  …${found.slice(from, from + 160)}\nbut the monolith\n  …${expected.slice(from, from + 160)}`;
}
