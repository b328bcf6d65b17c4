import type { Endpoint } from './endpoints.js';
import { type HttpRequest, sendRequest } from './http-request.js';

const SAMPLES = 10;

/**
 * Asserts that another server does the same work: its responses are the same byte for byte or, where each response is
 * new, have the same fields.
 * @returns a response of median size
 * @throws Error with the first difference
 */
export async function assertSameResponses(
  { comparison }: Endpoint,
  requests: readonly HttpRequest[],
  url: string,
  otherUrl?: string,
): Promise<string> {
  const responses: string[] = [];
  for (const request of requests.slice(0, SAMPLES)) {
    const expected = await sendRequest(url, request);
    responses.push(expected);
    if (otherUrl === undefined || comparison === 'none') continue;
    const found = await sendRequest(otherUrl, request);
    const [a, b] = comparison === 'shape' ? [shapeOf(expected), shapeOf(found)] : [expected, found];
    if (a !== b) throw new Error(`${request.method} ${request.path}: ${firstDifference(a, b)}`);
  }
  return responses.sort((a, b) => a.length - b.length)[Math.floor(responses.length / 2)]!;
}

function shapeOf(json: string): string {
  return JSON.stringify(JSON.parse(json), (_, value: unknown) =>
    typeof value === 'object' && value !== null ? value : typeof value,
  );
}

function firstDifference(expected: string, found: string): string {
  let at = 0;
  while (at < expected.length && expected[at] === found[at]) at += 1;
  const from = Math.max(0, at - 40);
  return `expected\n  …${expected.slice(from, from + 160)}\nbut the other server responds\n  …${found.slice(from, from + 160)}`;
}
