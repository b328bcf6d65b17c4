import { totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { type TestHost, startTestHost } from '../fixtures/test-host.fixture.js';

const hosts: TestHost[] = [];
afterEach(() => Promise.all(hosts.splice(0).map(({ app }) => app.close())));

async function open(): Promise<TestHost> {
  const host = await startTestHost();
  hosts.push(host);
  return host;
}
const scrape = async ({ url }: TestHost) => (await fetch(`${url}/metrics`)).text();

describe('metrics', () => {
  it('count requests by route, and calls over a seam', async () => {
    const host = await open();
    for (const path of ['id/1', 'id/2', 'id/x', 'fail/sample%2Fnot-found', 'fail/bug'])
      await fetch(`${host.url}/api/samples/${path}`);
    await fetch(`${host.url}/nowhere`);
    const text = await scrape(host);
    const route = 'method="GET",route="/api/samples/id/:id"';
    expect(text).toContain(`http_requests_total{${route},status="200"} 2\n`);
    expect(text).toContain(`http_requests_total{${route},status="422"} 1\n`);
    expect(text).toContain('http_requests_total{method="GET",route="none",status="404"} 1\n');
    expect(text).toContain(`http_request_duration_seconds_count{${route},status="200"} 2\n`);
    expect(text).toContain(`http_request_duration_seconds_bucket{${route},status="200",le="+Inf"} 2\n`);
    const call = 'contract="samples",method="fail",placement="local"';
    expect(text).toContain(`seam_calls_total{${call},outcome="sample/not-found"} 1\n`);
    expect(text).toContain(`seam_calls_total{${call},outcome="internal"} 1\n`);
    expect(text).toMatch(
      new RegExp(`seam_call_duration_seconds_sum\\{${call},outcome="internal"\\} [\\d.e-]+\n`),
    );
  });

  it('have cumulative buckets', async () => {
    const host = await open();
    await fetch(`${host.url}/api/samples`);
    const labels = 'method="GET",route="/api/samples",status="200"';
    const buckets = [
      ...(await scrape(host)).matchAll(new RegExp(`_bucket\\{${labels},le="([^"]+)"\\} (\\d+)`, 'g')),
    ];
    const bounds = buckets.map(([, le]) => Number(le!.replace('+Inf', 'Infinity')));
    expect(bounds).toEqual([...bounds].sort((a, b) => a - b));
    const counts = buckets.map(([, , count]) => Number(count));
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(counts.at(-1)).toBe(1);
  });

  it('include metrics of the process', async () => {
    expect(await scrape(await open())).toMatch(
      /nodejs_eventloop_lag_p99_seconds [\d.]+[^]*nodejs_heap_size_used_bytes \d+/,
    );
  });

  it('include what the memory of the process is limited to', async () => {
    const text = await scrape(await open());
    const valueOf = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
    expect(valueOf('process_memory_limit_bytes')).toBeGreaterThan(valueOf('process_resident_memory_bytes'));
    expect(valueOf('process_memory_limit_bytes')).toBeLessThanOrEqual(totalmem());
    // Without the young generation, three semi-spaces of 64 MiB.
    expect(valueOf('nodejs_heap_size_limit_bytes')).toBe(
      getHeapStatistics().heap_size_limit - 192 * 1_048_576,
    );
  });

  it('are separate for each host of a process', async () => {
    const [first, second] = [await open(), await open()];
    expect(first.app.get(Registry)).not.toBe(second.app.get(Registry));
    await fetch(`${first.url}/api/samples`);
    expect(await scrape(second)).not.toContain('route="/api/samples"');
  });
});
