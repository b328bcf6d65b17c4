import { readFileSync } from 'node:fs';
import { UsageError } from '../usage-error.js';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 64 * 2 ** 20;

/** Reads the metrics of a running application, from a URL or a file, and returns the calls of each contract per HTTP request. */
export async function readCallsPerRequest(source: string): Promise<Map<string, number>> {
  const text = /^https?:/.test(source) ? await fetched(source) : readText(source);
  const calls = new Map<string, number>();
  let requests = 0;
  for (const line of text.split('\n')) {
    const [, name, labels, value] =
      /^(seam_calls_total|http_requests_total)(?:\{([^}]*)\})? (\S+)/.exec(line) ?? [];
    if (name === 'http_requests_total') requests += Number(value);
    else if (name === 'seam_calls_total') {
      const contract = /contract="([^"]*)"/.exec(labels ?? '')?.[1];
      if (contract !== undefined) calls.set(contract, (calls.get(contract) ?? 0) + Number(value));
    }
  }
  if (calls.size === 0 || requests === 0)
    throw new UsageError(
      `--metrics ${source}: expected Prometheus metrics with seam_calls_total and http_requests_total, got ${calls.size} contracts and ${requests} requests. Send requests first`,
    );
  return new Map([...calls].map(([contract, count]) => [contract, count / requests]));
}

async function fetched(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const text = await response.text();
    if (text.length > MAX_BYTES) throw new Error(`over ${MAX_BYTES} bytes`);
    return text;
  } catch (error) {
    const cause = (error as Error).cause;
    throw new UsageError(
      `--metrics ${url}: expected the metrics of a running application, got: ${cause instanceof Error ? cause.message : (error as Error).message}`,
    );
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--metrics ${file}: ${(error as Error).message}`);
  }
}
